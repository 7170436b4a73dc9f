import { describe, expect, test } from 'vitest';
import { makePutEvent } from '../../../lib/adapters/aws/put-events.ts';
import { asciiJson } from '../../../lib/base/ascii-json.ts';
import { makeEventBridge } from '../../../lib/deliver/sinks/eventbridge.ts';
import { BUS, fakeServices, LOST } from '../../fakes/aws-services.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { anEvent } from '../../fakes/webhook-world.ts';

const TARGET = aSubscription({ kind: 'eventbridge', url: '' });
const clock = () => 1_800_000_000_000;

function aSink(services = fakeServices(), bus = BUS) {
  const sink = makeEventBridge({ putEvent: makePutEvent(services.call, bus), clock });
  const event = anEvent();
  const send = () => sink.send(TARGET, { id: event.id, json: asciiJson(event), attempt: 1 });
  return { services, event, send, sink };
}

describe('an event bus', () => {
  test('gets the event as it is, by source and type', async () => {
    const { services, event, send } = aSink();
    expect(await send()).toMatchObject({ kind: 'delivered', detail: { status: 200, error: null } });
    expect(services.bus.events).toEqual([
      { bus: BUS, source: 'jobwatch', detailType: event.type, detail: asciiJson(event) },
    ]);
    expect(JSON.parse(services.requests[0]?.body ?? '').Entries[0].Time).toBe(Date.parse(event.time) / 1000);
  });

  test('that answers 200 and refuses the entry has not taken it', async () => {
    const { services, send } = aSink();
    services.bus.refuse('InternalFailure');
    expect(await send()).toMatchObject({
      kind: 'failed',
      isFinal: false,
      detail: { status: 200, error: 'EventBridge refused it: InternalFailure', answer: 'refused here' },
    });
    services.bus.refuse('MalformedDetail');
    expect(await send()).toMatchObject({ kind: 'failed', isFinal: true });
    expect(services.bus.events).toEqual([]);
  });

  test('that is another than the stack may use takes nothing', async () => {
    expect(await aSink(fakeServices(), `${BUS}-2`).send()).toMatchObject({ kind: 'failed', isFinal: true });
  });

  test.each([
    ['no answer', LOST, { isTimeout: true }],
    ['a refused right', { error: 'AccessDeniedException', status: 400, failure: null, body: '' }, { isTimeout: false }],
    ['a page of HTML', { error: null, status: 200, failure: null, body: '<html>' }, { isTimeout: false }],
  ])('%s is a failure', async (_, answer, expected) => {
    const { send } = aSink(fakeServices((_request, moment) => (moment === 'before' ? answer : null)));
    expect(await send()).toMatchObject({ kind: 'failed', isGone: false, isFinal: false, ...expected });
  });

  test('is refused, and told, where the stack has none', async () => {
    const sink = makeEventBridge({ putEvent: null, clock });
    expect(sink.check(TARGET)).toEqual([
      { field: 'kind', problem: 'not taken: this stack is deployed without the parameter eventBusArn' },
    ]);
    expect(await sink.send(TARGET, { id: 'evt_1', json: asciiJson(anEvent()), attempt: 1 })).toMatchObject({
      kind: 'failed',
      detail: { code: 'the stack has no event bus' },
    });
    expect(aSink().sink.check(TARGET)).toEqual([]);
  });
});
