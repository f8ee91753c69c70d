import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { Config } from "../../../src/config/config.ts";
import { GatewayError } from "../../../src/domain/errors.ts";
import type { Logger } from "../../../src/observability/logger.ts";
import { CommandLine, fakeGateway } from "../../support/command-line.ts";
import { RestStub } from "../../support/rest-stub.ts";

const ADDRESS = "http://127.0.0.1:4470";

describe("serve", () => {
  let cli: CommandLine;
  let started: Config[];
  let closed: number;

  beforeEach(() => {
    cli = new CommandLine();
    started = [];
    closed = 0;
    cli.startGateway = (config) => {
      started.push(config);
      return Promise.resolve(
        fakeGateway(ADDRESS, { adminKey: "swg_admin_key", close: () => Promise.resolve(void closed++) }),
      );
    };
  });
  afterEach(() => cli.remove());

  const stateFile = () => join(cli.dataDir, "gateway.json");
  const keyFile = () => join(cli.dataDir, "local-key");

  /** Runs until the state is written, looks, and stops it. */
  async function serve(argv: readonly string[], look: () => void = () => undefined) {
    const ended = cli.run(...argv);
    for (let tries = 0; tries < 200 && !existsSync(stateFile()); tries++) await sleep(5);
    look();
    cli.stop.abort("SIGTERM");
    return ended;
  }

  it("greets with the address, the admin key once and the next steps", async () => {
    const { code, stdout } = await serve(["serve"]);

    expect(code).to.equal(0);
    expect(stdout).to.equal(
      [
        "",
        `  Switchgear 1.2.3 listens on ${ADDRESS}`,
        "",
        "  admin key        swg_admin_key",
        "                   shown this once: keep it",
        "",
        `  Claude Code      claude mcp add --transport http switchgear ${ADDRESS}/mcp --header "Authorization: Bearer swg_admin_key"`,
        "  other clients    switchgear connect claude-desktop | vscode | cursor",
        "  your servers     switchgear import   or   switchgear add <name> <url>",
        "  find a tool      switchgear search <words>",
        `  API docs         ${ADDRESS}/api/docs`,
        "",
        "",
      ].join("\n"),
    );
  });

  it("shows no key at later starts, and how to get one", async () => {
    cli.startGateway = () => Promise.resolve(fakeGateway(ADDRESS));

    const { stdout } = await serve(["serve"]);

    expect(stdout).not.to.contain("admin key");
    expect(stdout).to.contain("switchgear connect claude-code --key");
    expect(stdout).not.to.contain("swg_local_key");
  });

  it("names the command as npm users can run it", async () => {
    cli.env = { npm_lifecycle_event: "start" };

    expect((await serve(["serve"])).stdout).to.contain("npx switchgear import");
  });

  it("is what happens without a command", async () => {
    await serve([]);

    expect(started).to.have.length(1);
  });

  it("passes on its options", async () => {
    writeFileSync(join(cli.folder, "mine.jsonc"), '{"gateway":{"demo":false}}');

    await serve([
      "--listen",
      ":1234",
      "--log-level",
      "debug",
      "--config",
      "mine.jsonc",
      "--data-dir",
      cli.dataDir,
    ]);

    expect(started[0]?.gateway).to.deep.include({
      listen: { host: "127.0.0.1", port: 1234 },
      demo: false,
      log: { level: "debug" },
      dataDir: cli.dataDir,
    });
  });

  it("leaves its address and key for other commands while it runs, for the owner only", async () => {
    await serve(["serve"], () => {
      const state = JSON.parse(readFileSync(stateFile(), "utf8")) as object;
      expect(state).to.include({ url: ADDRESS, pid: process.pid }).and.to.have.property("started_at");
      expect(readFileSync(keyFile(), "utf8")).to.equal("swg_local_key\n");
      for (const file of [stateFile(), keyFile()]) expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(statSync(cli.dataDir).mode & 0o077).to.equal(0);
    });

    expect([existsSync(stateFile()), existsSync(keyFile())]).to.deep.equal([false, false]);
    expect(closed).to.equal(1);
  });

  it("leaves the files of a gateway that came after it", async () => {
    await serve(["serve"], () =>
      writeFileSync(stateFile(), JSON.stringify({ url: ADDRESS, pid: 1, started_at: "" })),
    );

    expect(existsSync(stateFile())).to.equal(true);
  });

  it("waits until calls in flight have ended", async () => {
    let drained = false;
    const close = async () => {
      await sleep(30);
      drained = true;
    };
    cli.startGateway = () => Promise.resolve(fakeGateway(ADDRESS, { close }));

    const { stderr } = await serve(["serve"]);

    expect(drained).to.equal(true);
    expect(stderr).to.contain("Stopping");
  });

  it("gives its state as JSON", async () => {
    const { json } = await serve(["serve", "--json"]);

    expect(json).to.include({ url: ADDRESS, admin_key: "swg_admin_key" });
  });

  it("writes its log to stderr", async () => {
    const loggers: Logger[] = [];
    cli.startGateway = (_, { logger }) => {
      loggers.push(logger);
      logger.info("hello");
      return Promise.resolve(fakeGateway(ADDRESS));
    };

    const { stderr, stdout } = await serve(["serve"]);

    expect(stderr).to.contain('"msg":"hello"');
    expect(stdout).not.to.contain("hello");
  });

  it("exits with 8 and the place of a mistake in the config", async () => {
    writeFileSync(
      join(cli.folder, "switchgear.jsonc"),
      '{\n  "mcpServers": { "x": { "urll": 5 } },\n  "zebra": 1\n}',
    );

    const { code, stderr } = await cli.run("serve");

    expect(code).to.equal(8);
    expect(stderr).to.contain('switchgear.jsonc:2:26 mcpServers.x.urll: unknown key; did you mean "url"?');
    expect(stderr).to.contain("switchgear.jsonc:3:3 zebra: unknown key");
    expect(started).to.deep.equal([]);
  });

  it("exits with 8 when it should listen everywhere without knowing its names", async () => {
    const { code, stderr } = await cli.run("serve", "--listen", "0.0.0.0:4470");

    expect(code).to.equal(8);
    expect(stderr).to.contain("allowedHosts");
  });

  describe("when the port is taken", () => {
    let holder: Server;
    let port: number;

    beforeEach(async () => {
      holder = createServer((_, response) => response.end("hello"));
      await new Promise<void>((ready) => holder.listen(0, "127.0.0.1", ready));
      port = (holder.address() as AddressInfo).port;
      cli.startGateway = ({ gateway }) =>
        new Promise((_, reject) => {
          createServer().once("error", reject).listen(gateway.listen.port, gateway.listen.host);
        });
    });
    afterEach(() => {
      holder.closeAllConnections();
      holder.close();
    });

    it("exits with 9 and the next free guess", async () => {
      const { code, stderr } = await cli.run("serve", "--listen", `127.0.0.1:${port}`);

      expect(code).to.equal(9);
      expect(stderr).to.contain(`127.0.0.1:${port} is in use by another program.`);
      expect(stderr).to.contain(`switchgear serve --listen 127.0.0.1:${port + 1}`);
      expect(existsSync(stateFile())).to.equal(false);
    });

    it("finds the reason behind an error of our own", async () => {
      const start = cli.startGateway;
      cli.startGateway = async (config, options) => {
        try {
          return await start(config, options);
        } catch (cause) {
          throw new GatewayError("internal", "cannot listen", { cause });
        }
      };

      expect((await cli.run("serve", "--listen", `127.0.0.1:${port}`)).code).to.equal(9);
    });

    it("says when the holder is another Switchgear", async () => {
      const stub = await RestStub.start();

      const { code, stderr } = await cli.run("serve", "--listen", `127.0.0.1:${stub.port}`);
      await stub.close();

      expect(code).to.equal(9);
      expect(stderr).to.contain("is in use by a Switchgear 9.9.9 of another data folder");
    });
  });

  it("exits with 9 when a gateway runs already on the data folder", async () => {
    const stub = await RestStub.start();
    mkdirSync(cli.dataDir);
    const { url } = stub;
    writeFileSync(stateFile(), JSON.stringify({ url, pid: 4242, started_at: "" }));

    const { code, stderr } = await cli.run("serve");
    await stub.close();

    expect(code).to.equal(9);
    expect(stderr).to.contain(`${url}, process 4242`).and.to.contain("kill 4242");
    expect(started).to.deep.equal([]);
    expect(existsSync(stateFile())).to.equal(true);
  });

  it("starts although a gateway that was killed left its files", async () => {
    mkdirSync(cli.dataDir);
    writeFileSync(stateFile(), JSON.stringify({ url: "http://127.0.0.1:1", pid: 4242, started_at: "" }));
    writeFileSync(keyFile(), "old", { mode: 0o644 });

    const ended = cli.run("serve");
    while (started.length === 0 || readFileSync(keyFile(), "utf8") === "old") await sleep(5);
    expect(statSync(keyFile()).mode & 0o777).to.equal(0o600);
    cli.stop.abort();

    expect((await ended).code).to.equal(0);
  });

  for (const code of ["EACCES", "EADDRNOTAVAIL"]) {
    it(`says why it cannot listen: ${code}`, async () => {
      cli.startGateway = () => Promise.reject(Object.assign(new TypeError("listen"), { code }));

      const ended = await cli.run("serve");

      expect(ended.code).to.equal(1);
      expect(ended.stderr).to.contain("cannot listen on 127.0.0.1:4470");
    });
  }

  it("exits with 1 for what nobody foresaw", async () => {
    cli.startGateway = () => Promise.reject(new TypeError("x is undefined"));

    const { code, stderr } = await cli.run("serve");

    expect(code).to.equal(1);
    expect(stderr).to.contain("[internal]").and.not.to.contain("at ");
  });
});
