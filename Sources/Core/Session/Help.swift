/// The texts of HELP.
enum Help {
  static let texts: [String: String] = [
    "*": """
    Moot, a chat server. HELP <command> tells more about one.
    People:    PRIVMSG NOTICE TAGMSG WHO WHOIS WHOWAS ISON USERHOST AWAY SETNAME MONITOR METADATA
               BLOCK UNBLOCK REQUESTS
    Groups:    JOIN PART TOPIC NAMES LIST INVITE KICK MODE MODLOG RENAME DELETE
    History:   CHATHISTORY SEARCH MARKREAD
    Account:   REGISTER PASSWD DEVICE NICK WEBPUSH UNREGISTER, or /msg NickServ HELP
    Server:    MOTD VERSION TIME LUSERS ADMIN INFO STATS LINKS MAP ISUPPORT HELP PING QUIT OPER KILL WALLOPS
    """,
    "JOIN":
      "JOIN <#group>{,<#group>}\nBecomes a member; makes the group if there is none. You stay a member until you PART.",
    "PART": "PART <#group>{,<#group>} [reason]\nEnds your membership.",
    "PRIVMSG": """
    PRIVMSG <nick or #group>{,...} <text>
    Sends a message. People who are away get it when they are back. @#group is for those with rank o and above who are
    connected, and not kept; so are the prefixes of the other ranks.
    """,
    "NOTICE": "NOTICE <nick or #group>{,...} <text>\nLike PRIVMSG, and never answered automatically.",
    "TAGMSG": "@tags TAGMSG <nick or #group>\nSends client-only tags without text (typing, reactions).",
    "KICK": "KICK <#group> <nick> [reason]\nEnds somebody's membership; needs rank h or above, and above theirs.",
    "INVITE": """
    INVITE [<nick> <#group>]
    Lets somebody in, also where the group is invite only; alone it lists the groups that you are invited to.
    """,
    "TOPIC": "TOPIC <#group> [text]\nShows or sets the topic; an empty text removes it.",
    "MODE": """
    MODE <#group> [+-modes [parameters]]
    i invite only, m moderated, n no messages from outside, s secret, t topic for rank h and above, C no CTCP,
    R for accounts only; k <key>, l <limit>, H joined|all|none how far members can look back,
    D <days> for how long what is said is kept, set by owners and admins
    b <mask> ban, e <mask> exception, I <mask> let in where invite only; a mask is nick!user@host, ~a:account, ~m:mask
    for one that only silences; ranks q owner, a admin, o operator, h half-operator, v voice, each with a nick
    """,
    "NAMES": "NAMES [#group]\nLists the members, connected or not.",
    "LIST": """
    LIST [#group, mask, realm or filter]{,...}
    Lists the groups that are not secret, here or in other realms. Filters: >3 or <9 members, C>60 or C<60 minutes
    old, T>60 or T<60 minutes since the topic was set, !mask for all that do not match.
    """,
    "MODLOG": """
    MODLOG <#group> [<count> [<msgid=... or timestamp=...>]]
    Tells who kicked whom, changed modes, topic or name, and took back what was said; for rank h and above.
    """,
    "RENAME": "RENAME <#group> <#new> [reason]\nGives the group another name; needs rank o or above.",
    "DELETE": """
    DELETE <#group>
    Ends the group for everyone; only for its founder, or an owner where the founder's account is deleted.
    """,
    "WHO": """
    WHO <#group or mask> [o][%tcuihsnfdlaor[,token]]
    Lists members, or people online; with WHOX the fields asked for.
    """,
    "WHOIS": "WHOIS [<realm>] <nick>{,<nick>}\nTells about people.",
    "WHOWAS": "WHOWAS <nick> [count]\nTells about people who have gone.",
    "SETNAME": "SETNAME :<real name>\nChanges your real name.",
    "AWAY": "AWAY [text]\nMarks you as away, or back.",
    "MONITOR": "MONITOR + nick{,nick} | - nick{,nick} | C | L | S\nTells you when people come and go.",
    "METADATA": """
    METADATA <nick, #group or *> GET <key>... | LIST | SET <key> [:value] | CLEAR | SYNC
    METADATA * SUB <key>... | UNSUB <key>... | SUBS
    What people and groups show of themselves: avatar, display-name, pronouns, status, homepage (draft/metadata-3).
    soju.im/muted, soju.im/pinned and soju.im/blocked, 0 or 1, are your own for a nick or a group, and private.
    """,
    "BLOCK": """
    BLOCK [<nick, nick/realm or */realm>{,...}]
    What they say to you and invite you to is not delivered, and they are not told; alone it lists them. In groups you
    go on seeing them.
    """,
    "UNBLOCK": "UNBLOCK <nick, nick/realm or */realm>{,...}\nEnds a BLOCK; what was said meanwhile does not come.",
    "REQUESTS": """
    REQUESTS [ACCEPT <nick>{,...} | DECLINE <nick>{,...} | SET none, elsewhere, all or default]
    Lists who wants to write to you for the first time; lets them in, whereupon what they have said comes, or drops it.
    Answering lets in too. SET says whose first message waits: nobody's, that of people of other realms, or everybody's.
    """,
    "BATCH": "BATCH +<reference> draft/multiline <nick or #group> ... BATCH -<reference>\nIRCv3 draft/multiline.",
    "REDACT":
      "REDACT <nick or #group> <id> [reason]\nTakes a message back: yours, or one of somebody you outrank there.",
    "CHATHISTORY": "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS ...\nIRCv3 draft/chathistory.",
    "SEARCH": """
    SEARCH text=<words>;in=<nick or #group>;from=<nick>;after=<time>;before=<time>;limit=<number>
    Finds messages, in all that you may read or in one conversation; a space in the words is written \\s.
    """,
    "MARKREAD": "MARKREAD <target> [timestamp=...]\nIRCv3 draft/read-marker.",
    "REGISTER": """
    REGISTER <name or *> <code or *> <password>
    Makes an account; where that takes an invitation, its code stands in the place of an e-mail address.
    """,
    "PASSWD": "PASSWD <old> <new>\nChanges your password.",
    "UNREGISTER": """
    UNREGISTER <account> <password>
    Deletes your account for good: you leave your groups, nobody is given your name. What you have said stays.
    """,
    "DEVICE":
      "DEVICE CREATE <name> | LIST | REVOKE <name>\nTokens that log in instead of the password, one for each device.",
    "WEBPUSH":
      "WEBPUSH REGISTER <endpoint> <keys> | UNREGISTER <endpoint>\nIRCv3 webpush: messages while you are not here.",
    "NICK": "NICK <nick>\nYour nick is your account's name, unless this server allows others.",
    "OPER": "OPER <name> <password>\nMakes you an operator of this server.",
    "KILL": "KILL <nick> <reason>\nDisconnects somebody; for operators.",
    "MOTD": "MOTD\nShows the message of the day.",
    "VERSION": "VERSION\nTells what this server runs.",
    "TIME": "TIME\nTells the server's time.",
    "LUSERS": "LUSERS\nCounts users, groups and realms.",
    "ADMIN": "ADMIN\nTells who runs this server.",
    "INFO": "INFO\nTells what this server is.",
    "STATS": "STATS u|m|o\nTells since when it runs, how many commands it was given, and, to operators, who they are.",
    "ISUPPORT": "ISUPPORT\nTells what this server supports, as after login.",
    "WALLOPS": "WALLOPS <text>\nWrites to all with MODE +w and to all operators; for operators.",
    "LINKS": "LINKS\nLists the realms within reach, and over how many links.",
    "MAP": "MAP\nShows through which realms others are reached.",
    "HELP": "HELP [command]\nThis.",
    "PING": "PING <token>\nAnswered with PONG once everything before it is done.",
    "QUIT": "QUIT [reason]\nEnds the connection; memberships stay.",
    "ISON": "ISON <nick>{ <nick>}\nTells who of these is connected.",
    "USERHOST": "USERHOST <nick>{ <nick>}\nTells addresses.",
  ]
}
