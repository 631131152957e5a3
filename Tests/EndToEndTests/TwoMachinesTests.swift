import Glibc
import LiveServer
import Testing

extension EndToEndTests {
  /// What docs/operating.md tells those who link two machines.
  @Suite struct TwoMachinesTests {
    /// Whether this process may make network namespaces.
    private static let mayMakeNetworks: Bool = {
      guard getuid() == 0 else { return false }
      let probe = try? ChildProcess(["sh", "-c", "n=moot-probe-$$; ip netns add $n && ip netns delete $n"])
      return probe?.wait() == 0
    }()

    @Test(
      "The commands of the document link two machines",
      .enabled(if: mayMakeNetworks, "only root can make network namespaces, and ip (iproute2) has to be there"))
    func twoMachines() throws {
      let folder = try Folder()
      let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
      let script = try ChildProcess([
        "sh", "-c", "exec '\(top)/deploy/two-machines' '\(ServerProcess.program)' >'\(folder.path)/output' 2>&1",
      ])
      let status = script.wait(milliseconds: 120_000)
      let output = folder.read("output")
      #expect(status == 0, "\(output)")
      #expect(output.contains("ann$ moot realm add 'beta none ed25519:"), "\(output)")
      #expect(output.contains("<bea/beta> hello from the other machine"), "\(output)")
    }
  }
}
