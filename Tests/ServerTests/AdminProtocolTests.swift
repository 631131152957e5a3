import Core
import Testing

@testable import Server

@Suite struct AdminProtocolTests {
  @Test(arguments: [
    (
      #"{"command":"create","account":"alice","secret":"pass"}"#,
      AdminRequest.create(account: "alice", secret: Array("pass".utf8))
    ),
    (
      #"{"command":"reset-password","account":"alice","secret":"new"}"#,
      AdminRequest.resetPassword(account: "alice", secret: Array("new".utf8))
    ),
    (#"{"command":"suspend","account":"alice"}"#, .suspend(account: "alice")),
    (#"{"command":"resume","account":"alice"}"#, .resume(account: "alice")),
    (#"{"command":"delete","account":"alice"}"#, .delete(account: "alice")),
    (#"{"command":"disconnect","account":"alice"}"#, .disconnect(account: "alice")),
    (#"{"command":"backup","path":"/tmp/b"}"#, .backup(path: "/tmp/b")),
    (#"{"command":"accounts"}"#, .accounts),
    (
      #"{"command":"create-invitation","uses":2,"days":0,"note":"choir"}"#,
      .createInvitation(uses: 2, days: 0, note: "choir")
    ),
    (#"{"command":"create-invitation","uses":1,"days":14}"#, .createInvitation(uses: 1, days: 14, note: "")),
    (#"{"command":"invitations"}"#, .invitations),
    (#"{"command":"revoke-invitation","invitation":3}"#, .revokeInvitation(3)),
    (##"{"command":"create-webhook","group":"#ops","name":"deploy"}"##, .createWebhook(group: "#ops", name: "deploy")),
    (
      ##"{"command":"create-outgoing-webhook","group":"#ops","address":"https://a/","trigger":"!x"}"##,
      .createOutgoingWebhook(group: "#ops", address: "https://a/", trigger: "!x")
    ),
    (#"{"command":"resume-webhook","webhook":3}"#, .resumeWebhook(3)),
    (#"{"command":"webhooks"}"#, .webhooks),
    (#"{"command":"revoke-webhook","webhook":3}"#, .revokeWebhook(3)),
    (#"{"command":"status"}"#, .status),
    (#"{"command":"links"}"#, .links),
    (#"{"command":"disconnect-link","realm":"beta"}"#, .disconnectLink(realm: "beta")),
    (#"{"command":"forget-realm","realm":"beta"}"#, .forgetRealm("beta")),
    (##"{"command":"examine-group","group":"#plans@beta"}"##, .examineGroup("#plans@beta")),
    (##"{"command":"fetch-group","group":"#plans@beta"}"##, .fetchGroup("#plans@beta")),
    (##"{"command":"moderation-log","group":"#plans"}"##, .moderationLog("#plans")),
    (##"{"command":"set-apart","group":"#plans@beta"}"##, .setApart("#plans@beta")),
  ])
  func requests(line: String, request: AdminRequest) throws {
    #expect(try AdminProtocol.command(Array(line.utf8)) == .realm(request))
  }

  @Test func reload() throws {
    #expect(try AdminProtocol.command(Array(#"{"command":"reload"}"#.utf8)) == .reload)
  }

  @Test(arguments: [
    "", "status", "{}", "[]", #"{"command":1}"#, #"{"command":"dance"}"#, #"{"command":"suspend"}"#,
    #"{"command":"suspend","account":""}"#, #"{"command":"forget-realm"}"#, #"{"command":"backup","path":"relative"}"#,
    #"{"command":"create-invitation"}"#, #"{"command":"create-invitation","uses":0,"days":1}"#,
    #"{"command":"create-invitation","uses":1,"days":"1"}"#, #"{"command":"revoke-invitation","invitation":-1}"#,
    #"{"command":"reset-password","account":"alice"}"#,
    #"{"command":"reset-password","account":"alice","secret":"\#(String(repeating: "x", count: 301))"}"#,
  ])
  func malformedRequestsAreRefused(line: String) {
    #expect(throws: AdminProtocol.Malformed.self) { try AdminProtocol.command(Array(line.utf8)) }
  }

  @Test func replies() {
    func text(_ reply: AdminReply) -> String { String(decoding: AdminProtocol.line(reply), as: UTF8.self) }
    #expect(text(.done("suspended")) == #"{"ok":true,"text":"suspended"}"# + "\n")
    #expect(text(.refused("no such account")) == #"{"ok":false,"error":"no such account"}"# + "\n")
    #expect(text(.status([StatusLine(name: "sessions", value: 3)])) == #"{"ok":true,"status":{"sessions":3}}"# + "\n")
    let code = InvitationCode(id: 3, hash: [9], uses: 2, created: 5, expires: 8, note: "choir")
    #expect(
      text(.invitation(code, text: "k3f9", isNeeded: true))
        == #"{"ok":true,"code":"k3f9","invitation":{"id":3,"uses":2,"created":5,"expires":8,"note":"choir"},"#
        + #""isNeeded":true}"# + "\n")
    let line = GroupLine(
      number: 7, time: 5, id: MessageID(epoch: 1, counter: 2), from: "alice", text: "KICK bob :out")
    #expect(
      text(.moderationLog([line]))
        == #"{"ok":true,"acts":[{"number":7,"time":5,"msgid":"\#(line.id.text)","from":"alice","#
        + #""text":"KICK bob :out"}]}"# + "\n")
    #expect(text(.invitations([])) == #"{"ok":true,"invitations":[]}"# + "\n")
    #expect(
      text(.findings([Finding(.error, "members: 2 here, 3 there")]))
        == #"{"ok":true,"findings":[{"level":"error","text":"members: 2 here, 3 there"}]}"# + "\n")
    let account = AccountRecord(id: PersonID(rawValue: 1), name: "alice", flags: [.suspended, .webhook], created: 5)
    #expect(
      text(.accounts([account]))
        == #"{"ok":true,"accounts":[{"name":"alice","created":5,"suspended":true,"deleted":false,"webhook":true}]}"#
        + "\n")
  }

  @Test func links() {
    func text(_ status: LinkStatus) -> String { String(decoding: AdminProtocol.line(.links([status])), as: UTF8.self) }
    #expect(
      text(
        LinkStatus(
          realm: "beta", isNeighbour: true, way: .link, roundTrip: 3, clockAhead: -2, envelopesWaiting: 4,
          bytesWaiting: 500, oldest: 7, nextAttempt: 8, lastError: "refused", isVerified: false))
        == #"{"ok":true,"links":[{"realm":"beta","neighbour":true,"way":"link","through":null,"links":1,"roundTrip":3,"#
        + #""clockAhead":-2,"envelopesWaiting":4,"bytesWaiting":500,"oldest":7,"nextAttempt":8,"#
        + #""lastError":"refused","verified":false}]}"# + "\n")
    #expect(
      text(LinkStatus(realm: "gamma", isNeighbour: false, way: .route(through: "beta", links: 2)))
        == #"{"ok":true,"links":[{"realm":"gamma","neighbour":false,"way":"route","through":"beta","links":2,"#
        + #""roundTrip":null,"clockAhead":0,"envelopesWaiting":0,"bytesWaiting":0,"oldest":null,"nextAttempt":null,"#
        + #""lastError":"","verified":true}]}"# + "\n")
  }
}
