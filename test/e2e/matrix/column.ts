import { expect } from "chai";

import { type AskingClient, type Answers, WILLING } from "../../support/asking-client.ts";
import type { Ledger } from "../../support/ledger.ts";
import type { Wire } from "../../support/matrix-upstream.ts";
import { type Cell, type ClientName, type Way, eraOf, listEra, upstreamEra } from "./cell.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";

export interface Column {
  readonly client: ClientName;
  readonly wire: Wire;
  readonly way: Way;
  /** Made when the tests run; ledgers and addresses do not exist when they are defined. */
  readonly ledger: () => Ledger;
  readonly open: (answers: Answers) => Promise<AskingClient>;
  readonly name: (name: string) => string;
  readonly uri: (uri: string) => string;
}

/** A test for every row of the matrix that can exist in this column, and one that names those that cannot. */
export function defineColumn(column: Column): void {
  const { client, wire, way, open, name, uri } = column;
  const rows = way === "all" ? ROWS.filter((row) => row.merged) : ROWS;
  let willing: AskingClient | undefined;
  const cell: Cell = {
    client,
    wire,
    way,
    clientEra: eraOf(client),
    upstreamEra: upstreamEra(wire, client),
    listEra: listEra(wire, client, way),
    get ledger() {
      return column.ledger();
    },
    get willing() {
      if (willing === undefined) throw new Error("the client is not connected yet");
      return willing;
    },
    open,
    name,
    uri,
  };
  const reasons = new Map(rows.map((row) => [row, row.impossible?.(cell)]));

  describe(`${client} → ${wire}${way === "all" ? ", all servers" : ""}`, () => {
    before(async () => {
      willing = await open(WILLING);
    });

    after(() => willing?.close());

    for (const row of rows) {
      if (reasons.get(row) === undefined) it(`${row.title} (${row.id})`, () => row.run(cell));
    }

    const absent = rows.filter((row) => reasons.get(row) !== undefined);
    it(`leaves out ${absent.length} rows that cannot exist here`, () => {
      for (const row of absent) say(row, reasons.get(row) ?? "");

      expect(absent.every((row) => (reasons.get(row) ?? "").length > 10)).to.equal(true);
      expect(absent.length).to.be.below(rows.length / 4);
    });
  });
}

function say(row: Row, reason: string): void {
  process.stdout.write(`        no "${row.id}": ${reason}\n`);
}
