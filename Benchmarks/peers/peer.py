"""Python's `websockets` with `json`, doing what the other clients do.

    python3 peer.py PORT CASE COUNT SIZE      CASE: integer, untouched, echo, pipelined, send
"""

import asyncio
import json
import sys
import time

import websockets

port, name, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
payload = {"i": 1000000, "pad": "x" * (size - 20)}
window = 256


async def main():
    url = f"ws://127.0.0.1:{port}/socket/websocket?vsn=2.0.0"
    async with websockets.connect(url, compression=None, max_queue=None, proxy=None) as socket:
        reference = 1
        total = 0
        trips = []

        async def push(event, body):
            nonlocal reference
            reference += 1
            await socket.send(json.dumps(["1", str(reference), "blast:0", event, body], separators=(",", ":")))

        async def take():
            return json.loads(await socket.recv())

        await socket.send(json.dumps(["1", "1", "blast:0", "phx_join", {}]))
        await take()
        for wanted in (-(-count // 10), count):
            cpu, wall, messages, trips = time.process_time_ns(), time.monotonic_ns(), 0, []
            if name in ("integer", "untouched"):
                await push("blast", {"count": wanted, "size": size, "topics": 1})
                while True:
                    _, _, _, event, body = await take()
                    if event == "tick":
                        if name == "integer":
                            total += body["i"]
                        messages += 1
                    elif event == "done":
                        break
            elif name == "echo":
                for messages in range(1, wanted + 1):
                    start = time.monotonic_ns()
                    await push("echo", payload)
                    total += (await take())[4]["response"]["i"]
                    trips.append(time.monotonic_ns() - start)
            elif name == "pipelined":
                sent = min(window, wanted)
                for _ in range(sent):
                    await push("echo", payload)
                while messages < wanted:
                    total += (await take())[4]["response"]["i"]
                    messages += 1
                    if sent < wanted:
                        sent += 1
                        await push("echo", payload)
            else:
                for messages in range(1, wanted + 1):
                    await push("take", payload)
                await push("echo", payload)
                await take()
            cpu, wall = time.process_time_ns() - cpu, time.monotonic_ns() - wall
        trips.sort()
        print(
            json.dumps(
                {
                    "messages": messages,
                    "cpu": cpu,
                    "wall": wall,
                    "p50": trips[len(trips) // 2] if trips else 0,
                    "p99": trips[len(trips) * 99 // 100] if trips else 0,
                    "mean": sum(trips) // len(trips) if trips else 0,
                    "sum": total,
                }
            )
        )


asyncio.run(asyncio.wait_for(main(), 300))
