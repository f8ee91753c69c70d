import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Ledger } from "../../support/ledger.ts";
import { type MatrixUpstream, WIRES, type Wire, startMatrix } from "../../support/matrix-upstream.ts";
import { CLIENTS, connectDirect, notDirect } from "./cell.ts";
import { defineColumn } from "./column.ts";

/** Proves the rows and the fixture: what fails here is no fault of the gateway. */
describe("the feature matrix without a gateway", function () {
  this.timeout(30_000);

  let folder: string;
  let ledger: Ledger;
  const upstreams = new Map<Wire, MatrixUpstream>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "switchgear-matrix-"));
    ledger = new Ledger(join(folder, "ledger.jsonl"));
    await Promise.all(WIRES.map(async (wire) => upstreams.set(wire, await startMatrix(wire, ledger.file))));
  });

  after(async () => {
    await Promise.all([...upstreams.values()].map((upstream) => upstream.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  for (const wire of WIRES) {
    for (const client of CLIENTS) {
      if (notDirect(client, wire) !== undefined) continue;
      defineColumn({
        client,
        wire,
        way: "direct",
        ledger: () => ledger,
        open: async (answers) => {
          const upstream = upstreams.get(wire);
          if (upstream === undefined) throw new Error(`${wire} was not started`);
          return await connectDirect(client, upstream, answers);
        },
        name: (name) => name,
        uri: (uri) => uri,
      });
    }
  }
});
