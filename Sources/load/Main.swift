import Glibc

@main
enum Main {
  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      guard options.mode != .fill else {
        return try Fill(folder: options.folder, accounts: options.accounts, messages: options.messages).run()
      }
      Fleet.raiseDescriptorLimit()
      let report = try Measurement(options).run()
      print(options.json ? report.json : report.text)
      exit(report.faults.isEmpty ? 0 : 1)
    } catch {
      let text = Array("load: \(error)\n".utf8)
      _ = write(2, text, text.count)
      exit(2)
    }
  }
}
