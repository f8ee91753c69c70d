import { createHash } from "node:crypto";

import type { Tool } from "../domain/offering.ts";
import { words } from "./tokens.ts";
import { fieldsOf } from "./tool-fields.ts";

/** To be raised when the text below is made in another way: vectors of the old text are then not used. */
const TEXT_VERSION = 1;
/** Models read a few hundred words, and the first ones say most. */
const MAX_DESCRIPTION_LENGTH = 1_500;
const MAX_PARAMETERS_LENGTH = 300;

/** What a model is given to read of a tool: words as people write them, without the schema's signs. */
export function toolText(tool: Tool): string {
  const fields = fieldsOf(tool);
  const name = words(tool.name).join(" ");
  const title = `${words(tool.server).join(" ")}: ${name}.`;
  const description = oneLine(fields.description).slice(0, MAX_DESCRIPTION_LENGTH);
  const parameters = words(fields.parameterNames).join(" ").slice(0, MAX_PARAMETERS_LENGTH);
  return oneLine(`${title} ${description} ${parameters}`);
}

/** The same model and text give the same vector, in every replica and after every start. */
export function vectorKey(modelId: string, text: string): string {
  return createHash("sha256").update(`${modelId}\0${TEXT_VERSION}\0${text}`).digest("base64url");
}

function oneLine(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}
