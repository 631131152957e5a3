"""A chat client without a screen, made of the engine of the Obby clients (obby-client).

    modern.py HOST PORT NICK PASSWORD PIPE

It takes commands from a named pipe, a line each, and prints what comes into its model, a JSON object a line.
"""

import json
import os
import select
import socket
import sys
import time

from obby_client import Client

host, port, nick, password, pipe = sys.argv[1:]
client = Client(nick, sasl={"mechanism": "plain", "username": nick, "password": password})
link = socket.create_connection((host, int(port)))
client.handle_connected()
commands = os.open(pipe, os.O_RDWR)
typed = b""


def show(**what):
    print(json.dumps(what, ensure_ascii=False, sort_keys=True), flush=True)


def messages(target):
    model, name = client.model(), target.lower()
    place = model["channels"].get(name) or model["conversations"].get(name)
    return place["log"]["messages"] if place else []


def tell(change):
    """A message as the model has it now: also after somebody has reacted to it or deleted it."""
    target, what = change.get("target"), change["type"]
    if what not in ("message_added", "message_reacted", "message_redacted"):
        return show(event=what, at=change.get("channel") or target)
    for message in messages(target):
        if message["key"] == change.get("key") or message["msgid"] == change.get("msgid", ""):
            kind = message["kind"]["type"]
            show(
                event=what, at=target, kind=kind, sender=message["sender"], text=message["text"],
                reactions=sorted(message["reactions"]), redacted=message["redacted"], historical=message["historical"],
            )


def obey(line):
    word, target, *rest = line.split(" ", 2)
    if word == "join":
        client.join(target)
    elif word == "say":
        client.send_message(target, rest[0])
    elif word == "topic":
        client.set_topic(target, rest[0])
    elif word == "react":
        client.add_reaction(target, named(target, rest[0].split(" ", 1)[1]), rest[0].split(" ", 1)[0])
    elif word == "redact":
        client.redact_message(target, named(target, rest[0]))
    elif word == "history":
        client.fetch_history(target, None, 50)
    else:
        sys.exit(f"what is {line}?")


def named(target, text):
    """The id of the message that says this."""
    return next(message["msgid"] for message in messages(target) if message["text"] == text)


while True:
    while (out := client.poll_transmit()) is not None:
        link.sendall(out)
    readable, _, _ = select.select([link, commands], [], [], 0.2)
    client.tick(int(time.monotonic() * 1000), int(time.time() * 1000))
    if link in readable:
        received = link.recv(4096)
        if not received:
            break
        client.handle_bytes(received)
    if commands in readable:
        typed += os.read(commands, 4096)
        *lines, typed = typed.split(b"\n")
        for line in lines:
            obey(line.decode())
    for event in client.poll_events():
        if event["type"] == "model_changed":
            tell(event["change"])
        elif event["type"] in ("registered", "logged_in", "sasl_failed", "server_reply", "typing_changed"):
            show(event=event["type"], **{key: value for key, value in event.items() if key != "type"})
