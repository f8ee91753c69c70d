import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

/** A new folder of the test's own; removed when the run ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-test-"));
  folders.push(folder);
  return folder;
}

after("remove temporary folders", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
