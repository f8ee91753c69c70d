import { expect } from "chai";

import type { Storage } from "../../src/storage/storage.ts";

/** What every storage must do with settings. */
export function describeSettings({ storage }: { storage: () => Storage }): void {
  describe("settings", () => {
    it("overwrites with set, and answers nothing for an unknown key", async () => {
      await storage().settings.set("colour", "blue");
      await storage().settings.set("colour", "red");

      expect(await storage().settings.get("colour")).to.equal("red");
      expect(await storage().settings.get("shape")).to.equal(undefined);
    });

    it("lets only the first setOnce win, and tells everybody the winner", async () => {
      const answers = await Promise.all(
        ["a", "b", "c"].map((value) => storage().settings.setOnce("first", value)),
      );

      const winner = await storage().settings.get("first");

      expect(new Set(answers)).to.deep.equal(new Set([winner]));
    });
  });
}
