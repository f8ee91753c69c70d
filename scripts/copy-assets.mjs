// Copies what the build does not compile: the script of the API page, so that the page works offline.
import { copyFile, mkdir } from "node:fs/promises";

const from = new URL("./browser/standalone.js", import.meta.resolve("@scalar/api-reference"));
const to = new URL("../dist/http/assets/standalone.js", import.meta.url);

await mkdir(new URL("./", to), { recursive: true });
await copyFile(from, to);
