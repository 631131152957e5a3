"""A bot as people write them, with pydle.

    bot.py HOST PORT NICK PASSWORD PIPE

It takes commands from a named pipe, a line each, and prints what it hears, a JSON object a line.
"""

import asyncio
import json
import os
import sys

import pydle

host, port, nick, password, pipe = sys.argv[1:]


def show(**what):
    print(json.dumps(what, ensure_ascii=False, sort_keys=True), flush=True)


class Bot(pydle.Client):
    offered = ""

    async def on_raw_cap_ls(self, params):
        # pydle 1.2.0 takes the mark of a list that goes on in the next line for the list.
        self.offered += params[-1] + " "
        if params[0] != "*":
            await super().on_raw_cap_ls([self.offered])

    async def on_connect(self):
        await super().on_connect()
        show(event="registered")

    async def on_join(self, channel, user):
        await super().on_join(channel, user)
        show(event="joined", at=channel, sender=user)

    async def on_message(self, target, by, message):
        await super().on_message(target, by, message)
        show(event="message", at=target, sender=by, text=message)

    async def on_topic_change(self, channel, message, by):
        await super().on_topic_change(channel, message, by)
        show(event="topic", at=channel, sender=by, text=message)

    async def obey(self, line):
        word, target, *rest = line.split(" ", 2)
        if word == "join":
            await self.join(target)
        elif word == "say":
            await self.message(target, rest[0])
        elif word == "whois":
            person = await self.whois(target)
            show(event="whois", **{key: person.get(key) for key in ("nickname", "account", "username", "hostname")})
        elif word == "members":
            show(event="members", at=target, nicks=sorted(self.channels[target]["users"]))
        else:
            sys.exit(f"what is {line}?")


async def run():
    bot = Bot(nick, username=nick, realname=nick, sasl_username=nick, sasl_password=password, sasl_identity="")
    await bot.connect(host, int(port), tls=False, reconnect=False)
    reader = asyncio.StreamReader()
    commands = os.fdopen(os.open(pipe, os.O_RDWR), "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), commands)
    while line := await reader.readline():
        await bot.obey(line.decode().rstrip("\n"))


asyncio.run(run())
