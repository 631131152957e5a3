import LiveServer
import Testing

/// irssi in a terminal, everything in one window, and without the pauses it makes between commands.
final class Irssi {
  private let terminal: Terminal

  /// Starts it; it connects by itself.
  ///
  /// - Parameters:
  ///   - realm: the title of the realm there.
  ///   - password: what it logs in with by SASL; nil: it does not log in.
  init(_ nick: String, port: UInt16, realm: String = "Alpha", password: String?) throws {
    let folder = try Folder()
    let login = password.map { #"sasl_mechanism = "PLAIN"; sasl_username = "\#(nick)"; sasl_password = "\#($0)";"# }
    try folder.write(
      "config",
      """
      servers = ( { address = "127.0.0.1"; chatnet = "alpha"; port = "\(port)"; autoconnect = "yes"; } );
      chatnets = { alpha = { type = "IRC"; nick = "\(nick)"; \(login ?? "") }; };
      settings = {
        "irc/core" = { cmds_max_at_once = "100"; cmd_queue_speed = "10msec"; };
        core = { real_name = "\(nick)"; user_name = "\(nick)"; nick = "\(nick)"; quit_on_hup = "yes"; };
        "fe-common/core" = {
          autocreate_windows = "no"; autocreate_query_level = "NONE"; autocreate_own_query = "no";
        };
      };
      """)
    self.folder = folder
    terminal = try Terminal(in: folder, name: "irssi", command: "irssi --home=\(folder.path)")
    try terminal.wait(for: "Welcome to \(realm)")
  }

  private let folder: Folder

  func type(_ line: String) throws { try terminal.type(line) }

  func wait(for text: String) throws { try terminal.wait(for: text) }

  /// How often it shows a text.
  func count(_ text: String) throws -> Int {
    try terminal.screen.split(separator: text, omittingEmptySubsequences: false).count - 1
  }
}
