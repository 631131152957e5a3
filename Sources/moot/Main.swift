import Glibc

@main
enum Main {
  static func main() {
    // A reader that goes away, `moot history … | head`, is seen by the write that fails.
    signal(SIGPIPE, SIG_IGN)
    exit(Command.run(Array(CommandLine.arguments.dropFirst())))
  }
}
