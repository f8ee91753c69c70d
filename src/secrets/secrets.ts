import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";

import { GatewayError } from "../domain/errors.ts";

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = "sgs1.";

/** Seals values with AES-256-GCM as `sgs1.<key id>.<base64url of iv, tag and text>`. */
export class SecretBox {
  readonly #key: Buffer;
  readonly #keyId: string;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES)
      throw new GatewayError("config_invalid", `The secret key must have ${KEY_BYTES} bytes.`);
    this.#key = key;
    this.#keyId = createHash("sha256").update("switchgear key id\n").update(key).digest("hex").slice(0, 8);
  }

  isSealed(text: string): boolean {
    return text.startsWith(PREFIX);
  }

  /** `context` says what the value is (record and field); it opens only with the same one. */
  seal(plain: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv, { authTagLength: TAG_BYTES }).setAAD(
      Buffer.from(context),
    );
    const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
    return `${PREFIX}${this.#keyId}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url")}`;
  }

  /** Throws GatewayError("config_invalid") for a value of another key, of another context, or one that was changed. */
  open(sealed: string, context: string): string {
    const [keyId, body] = sealed.slice(PREFIX.length).split(".");
    if (!this.isSealed(sealed) || body === undefined) throw unreadable("is malformed");
    if (keyId !== this.#keyId) throw unreadable(`was sealed with another key (${keyId})`);
    const raw = Buffer.from(body, "base64url");
    try {
      const iv = raw.subarray(0, IV_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", this.#key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(raw.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(raw.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch (cause) {
      throw unreadable("was changed, or belongs to another record", cause);
    }
  }

  /** A key for another purpose (HKDF, RFC 5869): each label gives another one, and none leads back to this one. */
  deriveKey(label: string): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#key, "", `switchgear ${label}`, KEY_BYTES));
  }
}

/** The key in `file` (base64, mode 0600); the first start makes one. Throws GatewayError("config_invalid") if it is no key. */
export async function loadOrCreateKey(file: string): Promise<Buffer> {
  const present = await readKey(file);
  if (present !== undefined) return present;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await handle.sync();
    // Unlike a rename, a link never replaces the key that another process made in the meantime.
    await link(draft, file).catch(ignoreExisting);
  } finally {
    await handle.close();
    await unlink(draft);
  }
  return (await readKey(file)) ?? fail(file, "it vanished while it was made");
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    return fail(file, `it cannot be read (${error.code})`, error);
  });
  if (text === undefined) return undefined;
  const isKey = /^[A-Za-z0-9+/]{43}=$/.test(text.trim());
  return isKey
    ? Buffer.from(text.trim(), "base64")
    : fail(file, `it does not hold ${KEY_BYTES} bytes in base64`);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function fail(file: string, reason: string, cause?: unknown): never {
  throw new GatewayError("config_invalid", `The secret key in ${file} cannot be used: ${reason}.`, {
    cause,
    details: { file },
    fix: [{ label: "Restore the key file from a backup; stored secrets cannot be read without it" }],
  });
}

function unreadable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError("config_invalid", `A stored secret ${reason}.`, {
    cause,
    fix: [{ label: "Start with the secret key that belongs to this database" }],
  });
}
