import { expect } from "chai";

import { EventBus, type EventOrigin, type GatewayEvent } from "../../src/events/events.ts";

const added: GatewayEvent = { kind: "server-added", server: "weather" };

describe("EventBus", () => {
  it("tells all listeners, in the order in which they came", () => {
    const bus = new EventBus();
    const heard: string[] = [];
    bus.subscribe((event) => heard.push(`one ${event.kind}`));
    bus.subscribe((event) => heard.push(`two ${event.kind}`));

    bus.publish(added);

    expect(heard).to.deep.equal(["one server-added", "two server-added"]);
  });

  it("says where an event comes from; from here unless told otherwise", () => {
    const bus = new EventBus();
    const origins: EventOrigin[] = [];
    bus.subscribe((_event, origin) => origins.push(origin));

    bus.publish(added);
    bus.publish(added, "replica");

    expect(origins).to.deep.equal(["here", "replica"]);
  });

  it("is not stopped by a listener that throws", () => {
    const errors: unknown[] = [];
    const bus = new EventBus((error) => errors.push(error));
    const heard: string[] = [];
    bus.subscribe(() => {
      throw new TypeError("x");
    });
    bus.subscribe(({ kind }) => heard.push(kind));

    bus.publish(added);

    expect(heard).to.deep.equal(["server-added"]);
    expect(errors).to.have.length(1);
  });

  it("tells nothing to those who have left", () => {
    const bus = new EventBus();
    const heard: string[] = [];
    const leave = bus.subscribe(({ kind }) => heard.push(kind));

    leave();
    bus.publish(added);

    expect(heard).to.deep.equal([]);
  });
});
