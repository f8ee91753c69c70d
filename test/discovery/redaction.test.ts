import { expect } from "chai";

import { withoutSecrets } from "../../src/discovery/redaction.ts";
import type { Server } from "../../src/domain/server.ts";
import { aServer, http } from "../support/open-registry.ts";

describe("withoutSecrets", () => {
  it("masks every place where a secret of the definition stands", () => {
    const server = aServer("files", { env: { GITHUB_TOKEN: "ghp_secret", DB_PASSWORD: "pa$$(word" } });

    expect(withoutSecrets(server, "ghp_secret and ghp_secret, pa$$(word")).to.equal("••• and •••, •••");
  });

  it("leaves values that help to understand what went wrong", () => {
    const server = aServer("files", { env: { DATA_FOLDER: "/srv/data", API_KEY: "abc" } });

    expect(withoutSecrets(server, "cannot read /srv/data: abcdef")).to.equal("cannot read /srv/data: abcdef");
  });

  it("masks a secret that contains another one as a whole", () => {
    const server = aServer("files", { env: { KEY: "abcdef", SECRET: "abcdef-ghijkl" } });

    expect(withoutSecrets(server, "abcdef-ghijkl abcdef")).to.equal("••• •••");
  });

  it("knows a bearer token without its scheme", () => {
    const server: Server = {
      ...aServer("remote"),
      entry: http({ headers: { Authorization: "Bearer tok_123456" } }),
    };

    expect(withoutSecrets(server, "refused tok_123456")).to.equal("refused •••");
  });

  it("does not take a reference for a secret", () => {
    const server = aServer("files", { env: { TOKEN: "${TOKEN}" } });

    expect(withoutSecrets(server, "set ${TOKEN} first")).to.equal("set ${TOKEN} first");
  });
});
