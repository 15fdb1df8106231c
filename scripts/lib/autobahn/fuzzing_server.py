"""Runs the Autobahn fuzzing server on a free port of the loopback interface. Python 2.7.

    fuzzing_server.py OUTDIR CASES [EXCLUDED]     patterns of cases, separated by commas: 1.*,9.1.1

Prints how many cases there are and "Listening on ws://127.0.0.1:PORT", and serves until it is killed.
"""

from __future__ import print_function

import sys

from autobahntestsuite import choosereactor  # Must be the first to import twisted.
from twisted.internet import reactor

from autobahntestsuite.fuzzing import FuzzingServerFactory


def main(outdir, cases, excluded=""):
    factory = FuzzingServerFactory({
        "url": "ws://127.0.0.1",
        "outdir": outdir,
        "cases": cases.split(","),
        "exclude-cases": excluded.split(",") if excluded else [],
        "exclude-agent-cases": {},
    })
    # wstest would bind to all interfaces, and to a port that had to be chosen beforehand.
    port = reactor.listenTCP(0, factory, interface="127.0.0.1").getHost().port
    # The Host header is checked against this.
    factory.externalPort = port
    print("%d cases" % len(factory.specCases))
    print("Listening on ws://127.0.0.1:%d" % port)
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
