/// The commands for people.
let clientCommands: [Command] = [
  .register, .login, .chat, .send, .inbox, .history, .search, .watch, .group, .block, .requests, .devices, .password,
  .logout, .unregister,
]

/// The commands for whoever runs a realm.
let realmCommands: [Command] = [
  .initialise, .check, .serve, .status, .account, .invite, .webhook, .files, .links, .link, .pair, .realm, .backup,
  .restore, .hashPassword,
]
