export { EventBridge, type Channel } from "./event-bridge.ts";
export { EventBus, type EventOrigin, type GatewayEvent, type Unsubscribe } from "./event-bus.ts";
