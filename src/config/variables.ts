import { GatewayError } from "../domain/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` stands for a literal `${`. */
const REFERENCE = /\$?\$\{([^}]*)\}?/g;

/**
 * Replaces `${VAR}` (or `${env:VAR}`) and `${VAR:-default}`, whose default also serves an empty variable. What
 * cannot be replaced is a GatewayError `needs_input`, never an empty string. One pass: values are not expanded again.
 */
export function expandVariables(text: string, env: Environment): string {
  if (!text.includes("${")) return text;
  return text.replaceAll(REFERENCE, (reference: string, inner: string) => {
    if (reference.startsWith("$$")) return reference.slice(1);
    return reference.endsWith("}") ? lookUp(inner, env) : refuse(inner);
  });
}

function lookUp(inner: string, env: Environment): string {
  const match = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner);
  if (match === null) return refuse(inner);
  const [, name = "", fallback] = match;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && (value !== "" || fallback === undefined)) return value;
  if (fallback !== undefined) return fallback;
  throw new GatewayError("needs_input", `The environment variable "${name}" is not set.`, {
    details: { variable: name },
    fix: [
      {
        label: `Set ${name} in the environment of the gateway and start it again, or write \${${name}:-default}`,
        command: `export ${name}=…`,
      },
    ],
  });
}

function refuse(inner: string): never {
  const kind = /^(secret|input):([\w.-]{1,64})$/.exec(inner);
  if (kind !== null)
    throw new GatewayError(
      "needs_input",
      `References like \${${kind[1]}:${kind[2]}} are not available yet.`,
      {
        details: { reference: `${kind[1]}:${kind[2]}` },
        fix: [{ label: "Put the value into an environment variable and refer to it as ${NAME}" }],
      },
    );
  throw new GatewayError("needs_input", "A ${…} reference is not a variable's name.", {
    fix: [{ label: "Write ${NAME} or ${NAME:-default}; a literal ${ is written $${" }],
  });
}
