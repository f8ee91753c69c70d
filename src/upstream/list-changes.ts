import { type JsonObject, isJsonObject } from "../domain/json.ts";

export type ListName = "tools" | "resources" | "prompts";
const LISTS: readonly ListName[] = ["tools", "resources", "prompts"];

/** The lists whose changes an upstream promises to report. */
export function reportedLists(capabilities: JsonObject): readonly ListName[] {
  return LISTS.filter((list) => {
    const capability = capabilities[list];
    return isJsonObject(capability) && capability["listChanged"] === true;
  });
}

export function listChangedMethod(list: ListName): string {
  return `notifications/${list}/list_changed`;
}

/** The list that a notification says has changed. */
export function changedList(method: string): ListName | undefined {
  return LISTS.find((list) => method === listChangedMethod(list));
}
