import { expect } from "chai";

import { PANEL_URI } from "../../fixtures/matrix/content-tools.ts";
import { TEMPLATES, promptsOf, resourcesOf } from "../../fixtures/matrix/offer.ts";
import { toolsOf } from "../../fixtures/matrix/tools.ts";
import { World } from "../../fixtures/matrix/world.ts";
import type { ListName } from "../../support/asking-client.ts";
import type { Json } from "../../support/mcp-clients.ts";
import { proves } from "../../support/proves.ts";
import type { Cell } from "./cell.ts";
import type { Row } from "./row.ts";

const NOTHING_CHANGED = new World();

/** A 2025 client cannot read an output schema that is no object: it gets one with the value as a member. */
function as2025(definition: Json): Json {
  const schema = definition["outputSchema"] as Json | undefined;
  if (schema === undefined || schema["type"] === "object") return definition;
  const { $defs } = schema;
  const outputSchema = { type: "object", properties: { result: schema }, required: ["result"], $defs };
  return { ...definition, outputSchema };
}

function expectedTools(cell: Cell): readonly Json[] {
  return toolsOf(cell.listEra, false).map(({ definition }) => {
    const shown = { ...definition, name: cell.name(definition.name) };
    const meta = definition["_meta"] as { ui?: Json } | undefined;
    const panel = meta?.ui && { _meta: { ...meta, ui: { ...meta.ui, resourceUri: cell.uri(PANEL_URI) } } };
    const named = { ...shown, ...panel };
    return cell.clientEra === "2025" ? as2025(named) : named;
  });
}

const KEYS: Readonly<Record<ListName, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  resourceTemplates: "uriTemplate",
};

function expectedList(cell: Cell, list: ListName): readonly Json[] {
  if (list === "tools") return expectedTools(cell);
  if (list === "prompts")
    return promptsOf(NOTHING_CHANGED).map((prompt) => ({
      ...prompt,
      name: cell.name(String(prompt["name"])),
    }));
  const key = KEYS[list];
  const entries = list === "resources" ? resourcesOf(NOTHING_CHANGED) : TEMPLATES;
  return entries.map((entry) => ({ ...entry, [key]: cell.uri(String(entry[key])) }));
}

/** Of the merged lists, only what belongs to this upstream. */
function ownEntries(cell: Cell, entries: readonly Json[], key: string): readonly Json[] {
  if (cell.way !== "all") return entries;
  const own = key === "name" ? [cell.name("")] : [cell.uri(""), cell.uri("ui://")];
  return entries.filter((entry) => own.some((start) => String(entry[key]).startsWith(start)));
}

function listRow(list: ListName): Row {
  return {
    id: `list-${list}`,
    title: `lists all ${list}, every member as the server wrote it`,
    merged: true,
    run: async (cell) => {
      proves("lists.verbatim", "lists.complete", "names.single", "names.merged", "meta.verbatim");
      const listed = ownEntries(cell, await cell.willing.list(list), KEYS[list]);

      const expected = expectedList(cell, list);
      const names = (entries: readonly Json[]): unknown[] => entries.map((entry) => entry[KEYS[list]]);
      expect(names(listed)).to.have.members(names(expected));
      for (const entry of expected) {
        const found = listed.find((candidate) => candidate[KEYS[list]] === entry[KEYS[list]]);
        expect(comparableExact(found)).to.deep.equal(comparableExact(entry));
      }
    },
  };
}

/** Without members that are `undefined`: JSON has none. */
function comparableExact(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

export const LIST_ROWS: readonly Row[] = [
  listRow("tools"),
  listRow("prompts"),
  listRow("resources"),
  listRow("resourceTemplates"),
  {
    id: "pagination",
    title: "reads a list page by page, each entry once",
    run: async (cell) => {
      proves("lists.pages");
      const pages = await cell.willing.pages("tools");

      const names = pages.flat().map((tool) => tool["name"]);
      expect(pages.length, "pages").to.be.above(1);
      expect(new Set(names).size).to.equal(names.length);
      expect(names).to.include.members(["echo", "filler_6", "ask_both"].map((name) => cell.name(name)));
    },
  },
  {
    id: "capabilities",
    title: "is told of every capability that the server has",
    merged: true,
    run: async (cell) => {
      proves("capabilities.shown");
      const { capabilities } = cell.willing;

      expect(capabilities).to.include.keys("tools", "prompts", "resources", "completions", "logging");
      expect(capabilities["resources"]).to.deep.equal({ subscribe: true, listChanged: true });
      expect(capabilities["tools"]).to.deep.equal({ listChanged: true });
    },
  },
];
