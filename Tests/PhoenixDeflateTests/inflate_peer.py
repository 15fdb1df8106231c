"""The other end of a connection with permessage-deflate, written with Python's zlib.

Usage: inflate_peer.py JOBS RESULTS. Reads one JSON list of jobs and writes one of results. A job is

    {"do": "inflate", "bits": 8..15, "takeover": bool, "messages": [base64, …]}
    {"do": "deflate", "bits": 9..15, "takeover": bool, "level": 0..9, "memory": 1..9, "endings": [...], "messages": [base64, …]}

and its result is the list of messages inflated or deflated, or {"error": text}. An ending is "sync", "full" or "final": how the
message of that place is ended.
"""
import base64
import json
import sys
import zlib

TAIL = b"\x00\x00\xff\xff"


def inflate(job):
    stream = None
    results = []
    for message in job["messages"]:
        if stream is None or not job["takeover"]:
            stream = zlib.decompressobj(-job["bits"])
        results.append(stream.decompress(message + TAIL))
        if stream.unconsumed_tail or stream.unused_data or stream.eof:
            raise ValueError("something is left of a message")
    return results


def deflate(job):
    stream = None
    results = []
    for message, ending in zip(job["messages"], job["endings"]):
        if stream is None or not job["takeover"]:
            stream = zlib.compressobj(job["level"], zlib.DEFLATED, -job["bits"], job["memory"])
        data = stream.compress(message)
        if ending == "final":
            # RFC 7692 section 7.2.3.4.
            data += stream.flush(zlib.Z_FINISH) + b"\x00"
            stream = None
        else:
            data += stream.flush(zlib.Z_SYNC_FLUSH if ending == "sync" else zlib.Z_FULL_FLUSH)
            if not data:
                # zlib writes no second flush without a byte between the two.
                data = b"\x00" + TAIL
            if not data.endswith(TAIL):
                raise ValueError("a flush without its tail")
            data = data[:-4]
        results.append(data)
    return results


def run(job):
    job["messages"] = [base64.b64decode(message) for message in job["messages"]]
    try:
        results = {"inflate": inflate, "deflate": deflate}[job["do"]](job)
    except (zlib.error, ValueError) as error:
        return {"error": str(error)}
    return [base64.b64encode(result).decode() for result in results]


with open(sys.argv[1]) as jobs, open(sys.argv[2], "w") as results:
    json.dump([run(job) for job in json.load(jobs)], results)
