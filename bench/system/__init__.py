"""What the whole system takes of a machine: time to start, memory, time to find, fund and import.

    .venv/bin/python -m bench.system [--cold] [--out bench/results/system.json]

One run, by the commands that a person would type, on data folders of its own, which are deleted:

- with `--cold`, a start with an empty cache, which fetches everything (282 MB);
- the first start of a data folder, and a second one, which is the warm start: from `localex up`
  until everything is ready, and until the escrow of a first trade is funded through the gateway;
  `up` while it is up;
- one client through the gateway, one request at a time: items are listed and asked for until each
  is found, trades accepted and asked for until each is funded;
- `localex demo` twice, and `localex import items` of a catalogue twice: seconds until its rows are
  stored, seconds from then until all are found, refused rows and whether each is told with a
  reason, and what the second run changes. Then the memory of each part, as `localex status` counts;
- items listed and searched for as before, beside 100 listings a second of somebody else, whatever
  becomes of earlier ones;
- `down`; then the lite profile: its first start, a demo, the import, memory, `down`.

It writes JSON with commit, machine, the load average after each step, and a verdict for each aim,
and ends with exit code 1 when one is not held. With `--out bench/results/system.json` the tables
of the documents are written from it, too (`bench.system.tables`); a test holds them together.
"""
