import { expect } from "chai";
import * as fc from "fast-check";

import type { JsonObject } from "../../src/domain/json.ts";
import { EMPTY_OFFERING, type Offering } from "../../src/domain/offering.ts";
import type { Catalog } from "../../src/registry/registry.ts";
import { http, RegistryHarness, stdio } from "../support/open-registry.ts";

const NAMES = ["a", "b", "c"] as const;
const name = fc.constantFrom(...NAMES);
const tool = fc.record({
  name: fc.constantFrom("read", "write", "list.all", "list_all", "x".repeat(60)),
  description: fc.constantFrom("one", "two"),
});
const lists = fc.record({
  tools: fc.array(tool, { maxLength: 5 }),
  prompts: fc.array(fc.record({ name: fc.constantFrom("p", "q") }), { maxLength: 2 }),
  resources: fc.array(fc.record({ uri: fc.constantFrom("x://1", "x://2", "switchgear://a/x://1") }), {
    maxLength: 3,
  }),
  resourceTemplates: fc.array(fc.record({ uriTemplate: fc.constantFrom("t://{id}", "t://{id}/x") }), {
    maxLength: 2,
  }),
});
const offering = lists.map((some): Offering => ({ ...EMPTY_OFFERING, ...some }));

type Step = (harness: RegistryHarness) => Promise<unknown>;
const gateway = fc.constantFrom({}, { tags: ["dev"] }, { tools: { deny: ["write"] } }, { enabled: false });
const step: fc.Arbitrary<Step> = fc.oneof(
  name.map(
    (server): Step =>
      ({ registry }) =>
        registry.addServer(server, stdio(), "api"),
  ),
  name.map(
    (server): Step =>
      ({ registry }) =>
        registry.removeServer(server),
  ),
  fc.tuple(name, gateway).map(
    ([server, settings]): Step =>
      ({ registry }) =>
        registry.updateServer(server, () => stdio({ gateway: settings })),
  ),
  name.map(
    (server): Step =>
      ({ registry }) =>
        registry.updateServer(server, () => http()),
  ),
  fc.subarray([...NAMES]).map(
    (servers): Step =>
      ({ registry }) =>
        registry.syncConfig(Object.fromEntries(servers.map((server) => [server, stdio()]))),
  ),
  fc.tuple(name, offering).map(
    ([server, offered]): Step =>
      ({ registry }) =>
        registry.replaceOffering(server, offered),
  ),
);

/** All that a caller can see of a catalog. */
function seen(catalog: Catalog): JsonObject {
  const { tools, prompts, resources, templates } = catalog;
  return JSON.parse(JSON.stringify({ tools, prompts, resources, templates })) as JsonObject;
}

/** Whether the lists of one server look the same in both catalogs. */
function looksSame(server: string, list: "tools" | "prompts", before: Catalog, after: Catalog): boolean {
  const of = (catalog: Catalog): string =>
    JSON.stringify(
      catalog[list].filter((entry) => entry.server === server).map(({ id, definition }) => [id, definition]),
    );
  return of(before) === of(after);
}

describe("Registry after any sequence of changes", function () {
  this.timeout(60_000);

  it("shows what a restart would show, and has announced every change that a caller can see", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const harness = await RegistryHarness.open();
        for (const change of steps) {
          const before = harness.registry.catalog;
          harness.takeEvents();

          await change(harness).catch(() => {}); // a refused change is a change to nothing

          const after = harness.registry.catalog;
          const announced = harness.takeEvents().filter((event) => event.kind === "offering-changed");
          for (const server of NAMES) {
            const event = announced.find((each) => each.server === server);
            if (!looksSame(server, "tools", before, after)) expect(event?.tools, server).to.equal(true);
            if (!looksSame(server, "prompts", before, after)) expect(event?.prompts, server).to.equal(true);
          }
          const ids = after.tools.map(({ id }) => id);
          expect(new Set(ids).size).to.equal(ids.length);
          for (const entry of after.tools) expect(after.tool(entry.id)).to.equal(entry);
          for (const { uri, server, upstreamUri } of after.resources) {
            expect(after.resolveResource(uri)).to.deep.equal({ server, uri: upstreamUri });
          }
        }

        const atLast = seen(harness.registry.catalog);
        const servers = harness.registry.servers();
        await harness.reopen();
        expect(seen(harness.registry.catalog)).to.deep.equal(atLast);
        expect(harness.registry.servers()).to.deep.equal(servers);
        await harness.close();
      }),
      { numRuns: 60 },
    );
  });
});
