import { expect } from "chai";
import * as fc from "fast-check";

import { TaskIds } from "../../src/mcp/task-ids.ts";

const ANNA = "default/anna";

describe("public ids of tasks", () => {
  const ids = new TaskIds(Buffer.alloc(32, 1));

  it("lead their owner back to the upstream's own id, whatever characters that has", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (id) => {
        const task = { server: "mail", id };

        expect(ids.toUpstream(ids.toPublic(task, ANNA), ANNA)).to.deep.equal(task);
      }),
    );
  });

  it("begin with the server's name and fit into a header as they are", () => {
    const id = ids.toPublic({ server: "mail", id: "a b/ü.c" }, ANNA);

    expect(id).to.match(/^mail\.[\w-]+\.[\w-]{22}$/);
  });

  it("are the same in another process with the same key, and mean nothing under another key", () => {
    const task = { server: "mail", id: "1" };
    const id = ids.toPublic(task, ANNA);

    expect(new TaskIds(Buffer.alloc(32, 1)).toUpstream(id, ANNA)).to.deep.equal(task);
    expect(new TaskIds(Buffer.alloc(32, 2)).toUpstream(id, ANNA)).to.equal(undefined);
  });

  it("mean nothing to another caller, not even of the same name in another tenant", () => {
    const id = ids.toPublic({ server: "mail", id: "1" }, ANNA);

    for (const other of ["default/ben", "other/anna", "", "default/anna "])
      expect(ids.toUpstream(id, other), other).to.equal(undefined);
  });

  it("mean nothing when any part of them was exchanged", () => {
    const mine = ids.toPublic({ server: "mail", id: "1" }, ANNA);
    const [server, id, mac] = mine.split(".");
    const [, otherId] = ids.toPublic({ server: "mail", id: "2" }, ANNA).split(".");

    for (const forged of [
      `files.${id}.${mac}`,
      `${server}.${otherId}.${mac}`,
      `${server}.${id}.${mac?.slice(0, -2)}AA`,
      `${server}.${id}.`,
      `${server}.${id}`,
      `${mine}.x`,
      `.${mine}`,
    ])
      expect(ids.toUpstream(forged, ANNA), forged).to.equal(undefined);
  });

  it("never come from what somebody made up", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ids.toUpstream(text, ANNA)).to.equal(undefined);
      }),
    );
  });

  it("do not confuse a server's name with the beginning of an id", () => {
    const [, , first] = ids.toPublic({ server: "a", id: "bc" }, ANNA).split(".");
    const [, , second] = ids.toPublic({ server: "ab", id: "c" }, ANNA).split(".");

    expect(first).to.not.equal(second);
  });
});
