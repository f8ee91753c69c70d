import { expect } from "chai";

import { CommandLine } from "../../support/command-line.ts";
import { RestStub, problem } from "../../support/rest-stub.ts";

describe("tool commands", () => {
  let cli: CommandLine;
  let stub: RestStub;

  beforeEach(async () => {
    cli = new CommandLine();
    stub = await RestStub.start();
    cli.env = { SWITCHGEAR_URL: stub.url, SWITCHGEAR_API_KEY: stub.key };
  });
  afterEach(async () => {
    await stub.close();
    cli.remove();
  });

  const argumentsSent = () => stub.seen.find(({ method }) => method === "POST")?.body["arguments"];

  describe("search", () => {
    it("lists the hits, and marks those whose server is down", async () => {
      const { code, stdout } = await cli.run("search", "say", "something");

      expect(code).to.equal(0);
      expect(stub.seen[0]?.query).to.deep.equal({ q: "say something", max_results: "10" });
      expect(stdout).to.equal(
        [
          "TOOL        SCORE  DESCRIPTION",
          "demo__echo  1.00   Says what it is told. Second line.",
          "demo__add   0.50   (down) Adds two numbers.",
          "",
        ].join("\n"),
      );
    });

    it("passes on the bounds", async () => {
      await cli.run("search", "x", "--max", "3", "--server", "demo");

      expect(stub.seen[0]?.query).to.deep.equal({ q: "x", max_results: "3", server: "demo" });
    });

    it("asks for the kind of search that is wanted, and knows no other", async () => {
      await cli.run("search", "x", "--type", "semantic");
      const { code } = await cli.run("search", "x", "--type", "magic");

      expect(stub.seen[0]?.query).to.deep.equal({ q: "x", max_results: "10", search_type: "semantic" });
      expect(code).to.equal(2);
      expect(stub.seen).to.have.length(1);
    });

    it("shows what made up each score with --explain", async () => {
      const { code, stdout } = await cli.run("search", "say", "something", "--explain");

      expect(code).to.equal(0);
      expect(stub.seen[0]?.query).to.deep.equal({ q: "say something", max_results: "10", explain: "true" });
      expect(stdout).to.equal(
        [
          "TOOL        SCORE  KEYWORD             SEMANTIC            MATCHED",
          "demo__echo  1.00   0.70 x 1.00 (8.00)  0.30 x 0.50 (0.40)  (exact) echo",
          "demo__add   0.50   1.00 x 0.50 (4.00)  -                   echo",
          "",
          "No model today.",
          "",
        ].join("\n"),
      );
    });

    it("says so when nothing matches", async () => {
      expect(await cli.run("search", "nothing")).to.deep.include({ code: 0, stdout: "No tool matches.\n" });
    });

    it("cuts descriptions where the terminal ends", async () => {
      cli.isTTY = true;
      cli.env["NO_COLOR"] = "1";
      const { stdout } = await cli.run("search", "say");

      expect(stdout.split("\n").every((line) => line.length <= 100)).to.equal(true);
    });
  });

  describe("describe", () => {
    it("shows description and parameters, the required ones first", async () => {
      const { code, stdout } = await cli.run("describe", "demo__echo");

      expect(code).to.equal(0);
      expect(stdout).to.equal(
        [
          "demo__echo",
          "server demo · says it changes nothing · says it may be repeated",
          "",
          "Says what it is told.",
          "Second line.",
          "",
          "PARAMETER  TYPE                 DESCRIPTION",
          "text       string     required  What to say",
          "loud       boolean              (default false)",
          'size       "s" | "m"',
          "words      string[]",
          "",
          "call it: switchgear call demo__echo text=…",
          "",
        ].join("\n"),
      );
    });

    it("gives the whole definition as JSON", async () => {
      const { json } = await cli.run("describe", "echo", "--json");

      expect(json).to.include({ id: "demo__echo", hash: "00" });
    });

    it("exits with 5 and suggests the nearest tool of all pages", async () => {
      stub.pageSize = 1;

      const { code, stderr } = await cli.run("describe", "demo__ecoh");

      expect(code).to.equal(5);
      expect(stderr).to.contain('Unknown tool: demo__ecoh; did you mean "demo__echo"?');
    });
  });

  describe("call", () => {
    it("takes arguments as JSON", async () => {
      const { code, stdout } = await cli.run("call", "demo__echo", '{"text":"hi","n":1}');

      expect(code).to.equal(0);
      expect(argumentsSent()).to.deep.equal({ text: "hi", n: 1 });
      expect(stdout).to.equal('{"text":"hi","n":1}\n');
      expect(stub.seen).to.have.length(1);
    });

    it("takes none at all", async () => {
      await cli.run("call", "demo__echo");

      expect(argumentsSent()).to.deep.equal({});
    });

    it("takes key=value words: texts where the schema says so, else JSON if it can be", async () => {
      await cli.run(
        "call",
        "demo__echo",
        "text=007",
        "loud=true",
        'words=["a"]',
        "size=s",
        "rest=a=b",
        "--arg",
        "n=1.5",
      );

      expect(argumentsSent()).to.deep.equal({
        text: "007",
        loud: true,
        words: ["a"],
        size: "s",
        rest: "a=b",
        n: 1.5,
      });
    });

    it("takes JSON from stdin", async () => {
      cli.stdin = '{"text":"from stdin"}';

      await cli.run("call", "demo__echo", "-");

      expect(argumentsSent()).to.deep.equal({ text: "from stdin" });
    });

    for (const stdin of ["", "nonsense", "[]", "null"]) {
      it(`exits with 2 when stdin holds ${JSON.stringify(stdin)}`, async () => {
        cli.stdin = stdin;

        const { code, stderr } = await cli.run("call", "demo__echo", "-");

        expect(code).to.equal(2);
        expect(stderr).to.contain("What came on stdin is not a JSON object.");
      });
    }

    it("passes on the time limit in milliseconds", async () => {
      await cli.run("call", "demo__echo", "--timeout", "2m");

      expect(stub.seen[0]?.body).to.deep.equal({ arguments: {}, timeout_ms: 120_000 });
    });

    it("exits with 1 when the tool says that it failed", async () => {
      stub.execution = {
        status: 200,
        body: { isError: true, content: [{ type: "text", text: "no such city" }] },
      };

      const { code, stdout } = await cli.run("call", "demo__echo");

      expect(code).to.equal(1);
      expect(stdout).to.equal("The tool failed: no such city\n");
    });

    for (const [code, exit] of [
      ["upstream_unavailable", 6],
      ["upstream_timeout", 6],
      ["circuit_open", 6],
      ["upstream_error", 1],
      ["invalid_arguments", 2],
      ["forbidden", 4],
      ["needs_input", 8],
      ["shutting_down", 3],
      ["a_code_of_a_later_version", 1],
    ] as const) {
      it(`exits with ${exit} for ${code}`, async () => {
        stub.execution = { status: 502, body: problem(code, "It failed.") };

        const ended = await cli.run("call", "demo__echo");

        expect(ended.code).to.equal(exit);
        expect(ended.stderr).to.contain("It failed.");
      });
    }

    it("warns when a failed call may have been executed", async () => {
      stub.execution = {
        status: 504,
        body: problem("upstream_timeout", "No answer.", { executed: "unknown" }),
      };

      const { stderr } = await cli.run("call", "demo__echo");

      expect(stderr).to.contain("The tool may have run all the same.");
    });

    it("names every bad field", async () => {
      const errors = [
        { path: "text", message: "is missing" },
        { path: "n", message: "is no number" },
      ];
      stub.execution = {
        status: 400,
        body: problem("invalid_arguments", 'Not valid at "text": is missing.', { errors }),
      };

      expect((await cli.run("call", "demo__echo")).stderr).to.contain("n: is no number");
    });

    it("suggests the nearest tool", async () => {
      const { code, stderr } = await cli.run("call", "demo__ehco", "text=x");

      expect(code).to.equal(5);
      expect(stderr).to.contain('did you mean "demo__echo"?');
    });

    it("describes what is no text", async () => {
      const content = [
        { type: "text", text: "first" },
        { type: "image", mimeType: "image/png", data: "AAAAAAAA" },
        { type: "resource", resource: { uri: "file:///x", text: "inside" } },
        { type: "resource", resource: { uri: "file:///y", blob: "AA==" } },
        { type: "resource_link", uri: "file:///z" },
      ];
      stub.execution = { status: 200, body: { content } };

      const { stdout } = await cli.run("call", "demo__echo");

      expect(stdout.trimEnd().split("\n")).to.deep.equal([
        "first",
        "[image image/png, 6 bytes; --json shows it]",
        "inside",
        "[resource file:///y]",
        "[link file:///z]",
      ]);
    });

    it("shows structured content when there is no other", async () => {
      stub.execution = { status: 200, body: { content: [], structuredContent: { sum: 3 } } };

      expect((await cli.run("call", "demo__add")).stdout).to.equal('{\n  "sum": 3\n}\n');
    });

    it("passes bytes through to a pipe, and keeps a terminal safe", async () => {
      const text = "\u001B]0;title\u0007red \u001B[31mtext\u001B[0m\ttab\nline";
      stub.execution = { status: 200, body: { content: [{ type: "text", text }] } };

      expect((await cli.run("call", "demo__echo")).stdout).to.equal(`${text}\n`);
      cli.isTTY = true;
      expect((await cli.run("call", "demo__echo")).stdout).to.equal("red text\ttab\nline\n");
    });

    it("gives the whole result as JSON, and exits with 1 for a tool error all the same", async () => {
      stub.execution = { status: 200, body: { isError: true, content: [], meta: { attempts: 1 } } };

      const { code, json } = await cli.run("call", "demo__echo", "--json");

      expect(code).to.equal(1);
      expect(json).to.deep.equal({ isError: true, content: [], meta: { attempts: 1 } });
    });
  });
});
