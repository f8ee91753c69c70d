import type { Row } from "./row.ts";
import { ASKING_ROWS } from "./rows-asking.ts";
import { CONTENT_ROWS } from "./rows-content.ts";
import { LIST_ROWS } from "./rows-lists.ts";
import { LIVE_ROWS } from "./rows-live.ts";

/** Every feature that the matrix proves. */
export const ROWS: readonly Row[] = [...LIST_ROWS, ...CONTENT_ROWS, ...ASKING_ROWS, ...LIVE_ROWS];
