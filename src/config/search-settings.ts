import { join, resolve } from "node:path";

import { z } from "zod";

import { toMs } from "../domain/duration.ts";
import { Duration } from "../domain/server.ts";
import type { SearchConfig } from "./settings.ts";

const EmbedderSettings = z
  .strictObject({
    type: z
      .enum(["none", "static", "transformers", "http"])
      .default("none")
      .describe("What turns texts into vectors. none: search goes by words alone."),
    model: z
      .string()
      .default("")
      .describe(
        "static: a model2vec folder. transformers: a folder or a name on the hub. http: a model's name.",
      ),
    allowRemoteModels: z
      .boolean()
      .default(false)
      .describe("transformers: download a model that is named and not yet kept in dataDir."),
    dtype: z
      .enum(["auto", "fp32", "fp16", "q8", "int8", "uint8", "q4"])
      .default("auto")
      .describe("transformers: which of the model's weights are used."),
    pooling: z.enum(["mean", "cls"]).default("mean").describe("transformers: how tokens become one vector."),
    url: z
      .string()
      .regex(/^(?:https?:\/\/[^\s#]+)?$/, "expected a URL, like http://127.0.0.1:8080/v1")
      .default("")
      .describe("http: the service; /embeddings (openai) or /embed (tei) is added if it is missing."),
    api: z.enum(["openai", "tei"]).default("openai").describe("http: what the service speaks."),
    apiKey: z.string().default("").describe("http: sent as a bearer token; write ${VAR}."),
    batch: z.number().int().min(1).max(256).default(32).describe("Texts that are embedded at once."),
    timeout: Duration.default("10s").describe("http: time for one request."),
    queryPrefix: z.string().default("").describe("Put before a query; some models want it."),
    documentPrefix: z.string().default("").describe("Put before the text of a tool."),
  })
  .superRefine((settings, context) => {
    const needed = settings.type === "none" ? undefined : settings.type === "http" ? "url" : "model";
    if (needed === undefined || settings[needed] !== "") return;
    context.addIssue({
      code: "custom",
      path: [needed],
      message: `an embedder of type "${settings.type}" needs it`,
    });
  });

export const SearchSettings = z.strictObject({
  synonyms: z
    .array(z.array(z.string().min(1)).min(2))
    .max(10_000)
    .default([])
    .describe("Groups of words that mean nearly the same, besides those that Switchgear knows."),
  semanticShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe("What meaning counts in a hybrid search against words; .5 suits a strong model."),
  queryBudget: Duration.default("150ms").describe(
    "Time to embed a query; later the answer goes by words alone.",
  ),
  embedder: EmbedderSettings.prefault({}).describe("Finds tools by meaning."),
});
type SearchSettings = z.infer<typeof SearchSettings>;

/** Folders of the file start at `base`. */
export function resolveSearch(
  { embedder, ...search }: SearchSettings,
  around: { readonly base: string; readonly home: string; readonly dataDir: string },
): SearchConfig {
  return {
    synonyms: search.synonyms,
    semanticShare: search.semanticShare,
    queryBudgetMs: toMs(search.queryBudget),
    embedder: resolveEmbedder(embedder, around),
  };
}

function resolveEmbedder(
  settings: SearchSettings["embedder"],
  around: { readonly base: string; readonly home: string; readonly dataDir: string },
): SearchConfig["embedder"] {
  const { type, model, batch, queryPrefix, documentPrefix } = settings;
  const common = { batch, queryPrefix, documentPrefix };
  switch (type) {
    case "none":
      return { type };
    case "static":
      return { ...common, type, folder: absolute(model, around) };
    case "transformers": {
      const { allowRemoteModels, dtype, pooling } = settings;
      const isFolder = /^(?:[./]|~(?:\/|$))/.test(model);
      const named = isFolder ? absolute(model, around) : model;
      const cacheDir = join(around.dataDir, "models");
      return { ...common, type, model: named, isFolder, allowRemoteModels, dtype, pooling, cacheDir };
    }
    case "http": {
      const { url, api, apiKey, timeout } = settings;
      return { ...common, type, model, url, api, apiKey, timeoutMs: toMs(timeout) };
    }
  }
}

function absolute(path: string, { base, home }: { readonly base: string; readonly home: string }): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : resolve(base, path);
}
