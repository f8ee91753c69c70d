/** One statement about the protocol that a test can prove. */
export interface Behaviour {
  readonly id: string;
  readonly text: string;
  /** The feature that it is part of. */
  readonly source: string;
}

/** By feature: the id of each statement, and the statement. Tests cite the ids with `proves`. */
const FEATURES = {
  Names: {
    "names.merged":
      "where all servers speak, a tool is `<server>__<tool>`, at most 48 characters, always the same",
    "names.lookup": "a name is looked up and never taken apart, so no server can pose as another",
    "names.single": "the endpoint of one server has that server's own names",
  },
  Lists: {
    "lists.complete": "every page of an upstream's list is read, within bounds",
    "lists.verbatim": "an entry keeps every member, those that no schema knows included",
    "lists.quarantine": "a malformed tool is left out by name, and the rest is served",
    "lists.bad-headers": "over HTTP a tool whose marks for headers cannot be honoured is left out by name",
    "lists.pages": "the gateway's own lists have pages of its own, each entry once",
    "lists.order": "a list has a stable order, whatever the upstream's order is",
    "lists.cache-hints": "a 2026 client is told how long, and for whom, a list may be kept",
    "lists.errors": "a server that cannot be listed says why on its own endpoint",
  },
  "Tool calls": {
    "call.answer": "a call is answered as the server itself would have answered it",
    "call.is-error": "a tool's own failure is an answer, not an error of the gateway",
    "call.unknown": "an unknown tool is an error of the protocol",
    "call.outcome": "a failed call says whether it was executed, not executed, or unknown",
    "call.deadline": "a call has a deadline; progress moves it, up to a cap",
    "call.headers": "on a 2026 leg method and name are repeated in headers",
    "call.param-headers": "on a 2026 leg marked arguments are repeated in headers",
    "call.headers-checked": "a 2026 request whose headers contradict its body is refused",
    "call.isolation": "an answer reaches the call that it belongs to, and no other",
  },
  "Structured content": {
    "structured.object": "structured content and its schema pass as they are",
    "structured.wrapped": "what is no object is wrapped for 2025 clients, in the list and in the answer",
  },
  Resources: {
    "resources.read": "texts, blobs and what a template leads to can be read",
    "resources.wrapped":
      "a URI that two servers offer is shown under two URIs, and each is read from its own",
    "resources.rewritten": "links and embedded resources name URIs that can be read at the same endpoint",
    "resources.template": "a URI that no list names is routed by a template",
    "resources.not-found": "a resource that does not exist is an error in the words of the client's era",
  },
  Subscriptions: {
    "subscriptions.2025":
      "a 2025 session that subscribed to a resource hears of its updates until it unsubscribes",
    "subscriptions.2026": "a 2026 listener hears of the resources that it named, under its own URIs",
    "subscriptions.counted": "an upstream is subscribed to once, until the last follower leaves",
    "subscriptions.again": "what is followed is followed again after a connection or a session came back",
    "subscriptions.private": "nobody hears of a resource that only somebody else follows",
  },
  "Prompts and completion": {
    "prompts.get": "a prompt is got with its arguments, under the names of the endpoint",
    "completion.routed": "completions go to the server of the prompt or template, with their context",
  },
  "Changed lists": {
    "changed.told": "clients of both eras hear which list has changed, and then list what is new",
    "changed.quiet": "an announcement without a change reaches nobody",
    "changed.merged": "a burst of announcements is one exploration",
  },
  Progress: {
    "progress.order": "every progress event comes before the result, in order",
    "progress.token": "progress bears the caller's own token, and is asked for only if the caller asked",
  },
  Cancelling: {
    "cancel.upstream": "a cancelled call, or one whose client is gone, is cancelled upstream within a second",
    "cancel.isolation": "cancelling one call leaves all others alone",
  },
  Logging: {
    "logging.level": "a client hears the log messages of its calls from the level on that it set",
    "logging.asked": "a 2026 client that names no level hears no log messages",
    "logging.session": "a message that belongs to no call reaches the session whose connection it came on",
  },
  Sessions: {
    "sessions.bound": "a session belongs to the caller and the endpoint that opened it",
    "sessions.ended": "an ended session is unknown from then on",
    "sessions.idle": "a session that nobody uses ends, and one with a call in flight does not",
    "sessions.restart": "a session survives a restart of the gateway",
    "sessions.upstream": "an upstream session that is gone is opened again, and the call is sent again",
  },
  Resumption: {
    "resume.missed":
      "a client that lost the stream of its call gets what it missed, what comes live, and the answer",
    "resume.late": "a call whose client does not come back in time is cancelled",
    "resume.polling": "a stream that an upstream closes on purpose is taken up again after its pause",
    "resume.news": "a client that comes back for news hears what it missed, once",
  },
  Eras: {
    "eras.probe": "an upstream's era is found once and remembered",
    "eras.evidence": "a refusal, a failure or silence is never evidence of an era",
    "eras.mirror": "an upstream that speaks both eras is spoken to in the caller's",
    "eras.one-child": "finding the era of a stdio upstream leaves no second process",
    "eras.clients": "one endpoint serves clients of both eras",
  },
  Ids: {
    "ids.own": "every request upstream has an id of its own, and a reply with another id is dropped",
  },
  Capabilities: {
    "capabilities.shown": "a client is told what the servers behind its endpoint can do",
    "capabilities.caller": "an upstream is told what this caller can do, and no more",
    "capabilities.instructions": "the instructions of all servers are merged within 2 KB",
  },
  "The stdio front": {
    "stdio.only-json": "stdout carries JSON-RPC and nothing else",
    "stdio.opening": "a client may open with server/discover and fall back to initialize",
    "stdio.questions": "questions pass the bridge as everything else does",
  },
  "Members that are nobody's": {
    "meta.verbatim": "_meta, icons and annotations pass verbatim in both directions",
    "meta.trace": "traceparent reaches the upstream",
  },
  "Questions of upstreams": {
    "ask.2025-2025": "2025 client, 2025 upstream: the question is a request on the stream of the call",
    "ask.2026-2026": "2026 client, 2026 upstream: questions, answers and states pass verbatim",
    "ask.2025-2026":
      "2025 client, 2026 upstream: the gateway asks, and sends the call again with the answers",
    "ask.2026-2025": "2026 client, 2025 upstream: the call is parked until the client comes with the answer",
    "ask.form": "a form that a server asks for is filled in by the client's user",
    "ask.url": "a user is sent to a page, and hears when that is done where his era has words for it",
    "ask.sampling": "a server may use the client's model",
    "ask.roots": "a server may read the client's roots",
    "ask.in-a-row": "one call may ask one question after the other",
    "ask.at-once": "one call may ask several questions at once, and two calls at the same time",
    "ask.declined": "a server hears that its question was declined",
    "ask.lacking": "a server that needs what the client lacks fails with a clear error",
    "ask.own": "nobody is asked what another client's call asks",
    "ask.elsewhere": "prompts and resources may ask, too",
    "ask.session": "a question that comes on the session's own stream reaches the client",
    "ask.time": "a question waits for its user and the deadline of the call with it, but not for ever",
    "ask.taken-back": "a client hears that a question was taken back",
    "ask.state": "a state that is forged, another's or for another call is refused",
  },
  "Exactly once": {
    "once.asked": "a call that asks is executed once",
    "once.dropped": "a call that asks is executed once, though its client drops and comes back",
    "once.repeated": "a retry that comes twice is executed once",
    "once.unknown": "a call in which a question was asked is never repeated after an unknown outcome",
  },
  "Tasks and apps": {
    "tasks.public": "tasks bear public ids, which lead to their server and to nobody else's task",
    "apps.pages": "a tool of an MCP App leads to its ui:// page at every endpoint",
  },
  "Profiles and dialects": {
    "profiles.view": "a profile shows a selection of servers and tools under its own names",
    "dialects.schemas":
      "schemas are written as a model's API takes them, and arguments come back under their own names",
  },
} as const;

type Features = typeof FEATURES;
/** Every id of every feature. */
export type BehaviourId = { [F in keyof Features]: keyof Features[F] }[keyof Features];

export const BEHAVIOURS: readonly Behaviour[] = Object.entries(FEATURES).flatMap(([source, statements]) =>
  Object.entries(statements).map(([id, text]) => ({ id, text, source })),
);
