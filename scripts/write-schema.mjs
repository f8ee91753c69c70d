// Writes config/switchgear.schema.json from the schema that checks the config. Run: npm run schema
import { writeFileSync } from "node:fs";

import { configJsonSchema } from "../src/config/config.ts";

const file = new URL("../config/switchgear.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
