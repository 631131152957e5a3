/// Where a transcript is played: on the core alone with a pretended world, or on a server at the other end of sockets.
package protocol Stage: AnyObject {
  /// How often it is worth settling again where lines are missing; 0 where everything happens at once.
  var patience: Int { get }
  /// Starts a realm `alpha` with a configuration file of this text.
  func open(configuration: String) throws
  /// A client connects.
  func connect(_ client: String) throws
  /// A client says a line, given without its end.
  func send(_ client: String, _ line: [UInt8]) throws
  /// A client's connection breaks.
  func drop(_ client: String) throws
  /// A command of the operators and its answer, in words.
  func administer(_ command: String) throws -> String
  /// The process is killed and started again; all connections are gone.
  func restart() throws
  /// Does something to the pretended world.
  func pretend(_ words: [String]) throws
  /// Waits until nothing is under way, and gives what each client has received since the last time, in order;
  /// `(closed)` where the server closed the connection.
  func settle() throws -> [String: [String]]
}

/// Why a stage cannot do what a transcript wants.
package struct StageError: Error, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
