import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isMissing, useConsole, violations } from './harness.ts';

const MARKUP = '<img src=x onerror="document.title=1">';
const SECRET = 'swordfish';
/** Each instance of the API has an answer of its own that is up to ten seconds old; the page asks again after ten. */
const LATE = { timeout: 40_000 };
const ALB = { api: 'alibaba.alb', region: 'cn-hangzhou' };

/** Goal: whoever sees a number that should be 0 learns why, and what to do, without leaving the page. */
describe.skipIf(isMissing)(
  'rejected messages, denied accounts and dead deliveries in the console',
  {
    timeout: 90_000,
  },
  () => {
    const open = useConsole();
    let sqs: SQSClient;

    /** Two of each: messages that are wrong, jobs of an account that nobody stored, events that an endpoint refuses. */
    beforeAll(async () => {
      if (isMissing) return;
      open().page.setDefaultTimeout(LATE.timeout);
      const { stack, simulator, endpoint } = open().scene;
      sqs = new SQSClient(stack.system.clientSettings('sqs'));
      const QueueUrl = stack.system.outputs['PendingQueueUrl'];
      endpoint.answer(503, MARKUP);
      for (const jobId of ['dead-1', 'dead-2'])
        simulator.addJob({ api: ALB.api, jobId, steps: [{ status: 'Failed' }] });
      for (const body of ['{"api":"alibaba.alb","jobID":"a"}', `{"password":"${SECRET}"}`])
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      const jobs = ['dead-1', 'dead-2', 'x', 'y'].map((jobId) => ({ ...ALB, jobId }));
      await stack.api.post('/jobs', { jobs: jobs.map((job, at) => (at < 2 ? job : { ...job, account: 'staging' })) });
      const path = '/jobs?account=staging';
      await vi.waitFor(async () => {
        expect((await depth('DeadDeliveriesQueueUrl')).total).toBe(2);
        expect((await depth('RejectedQueueUrl')).total).toBe(2);
        const { jobs: found } = await stack.api.get<{ jobs: { waiting: { denied?: boolean } | null }[] }>(path);
        expect(found.map(({ waiting }) => waiting?.denied)).toEqual([true, true]);
      }, LATE);
    }, 120_000);
    afterAll(() => sqs?.destroy());

    async function depth(output: string): Promise<{ readonly visible: number; readonly total: number }> {
      const QueueUrl = open().scene.stack.system.outputs[output];
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      const visible = Number(Attributes?.ApproximateNumberOfMessages);
      return { visible, total: visible + Number(Attributes?.ApproximateNumberOfMessagesNotVisible) };
    }

    it('leads from the numbers of Now to why messages were rejected, without a body, and reads the queue once', async () => {
      const { page, goTo, see } = open();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      const times = (path: string) => asked.filter((one) => one === path).length;
      await goTo('#/');
      await page.getByRole('link', { name: '2 messages rejected' }).click();
      await page.locator('h2:focus', { hasText: 'Rejected messages 2' }).waitFor();
      await page.locator('.rejected tbody tr', { hasText: 'password: unknown field' }).waitFor();
      await page.locator('.rejected tbody tr', { hasText: 'jobID: unknown field' }).waitFor();
      // What the health says anew leaves the queue alone.
      const before = times('/v1/health');
      await expect.poll(() => times('/v1/health'), LATE).toBeGreaterThan(before);
      expect(times('/v1/queues/rejected')).toBe(1);
      expect(await depth('RejectedQueueUrl')).toEqual({ visible: 2, total: 2 });
      await page.getByRole('button', { name: 'Read again' }).click();
      await expect.poll(() => times('/v1/queues/rejected'), LATE).toBe(2);
      await see('jobwatch redrive --queue rejected --stage STAGE --dry-run');
      expect(await page.content()).not.toContain(SECRET);
    });

    it('says why an account is denied, since when, who waits for it and what to do', async () => {
      const { page, goTo, see } = open();
      await goTo('#/');
      await page.locator('.problems', { hasText: 'staging: account "staging" does not exist' }).waitFor();
      await page.getByRole('link', { name: '1 account denied' }).click();
      await page.locator('h2:focus', { hasText: 'Denied accounts 1' }).waitFor();
      await page.locator('.denied .why', { hasText: 'account "staging" does not exist' }).waitFor();
      await see('The account itself, read again each minute');
      await see('jobwatch account check staging --stage STAGE --region REGION');
      await see('jobwatch account put staging --stage STAGE -f account.json');
      await page.getByRole('link', { name: '2 open jobs wait for it' }).click();
      await see('2 jobs');
      expect(page.url()).toContain('account=staging');
    });

    it('has nothing serious for axe when all of it is wrong, and fits from 360 px', async () => {
      const { page, goTo, see } = open();
      await goTo('#/queues');
      await see('the endpoint answered 503');
      await see('password: unknown field');
      await see('The account itself');
      const found: unknown[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await violations(page, false)));
      }
      for (const width of [1920, 390, 360]) {
        await page.setViewportSize({ width, height: 780 });
        const overflow = await page.evaluate('document.scrollingElement.scrollWidth - innerWidth');
        if (Number(overflow) > 0) found.push(`${overflow} px too wide at ${width} px`);
        if (width === 390) found.push(...(await violations(page, false)));
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 800 });
      expect(found).toEqual([]);
    });

    it('lists dead deliveries with job, age and last answer, and sends one of them again', async () => {
      const { page, goTo, see, scene } = open();
      await goTo('#/');
      await page.getByRole('link', { name: '2 dead deliveries' }).click();
      await page.locator('h2:focus', { hasText: 'Dead deliveries 2' }).waitFor();
      const rows = page.locator('.dead tr', { hasText: 'the endpoint answered 503' });
      await rows.filter({ hasText: MARKUP }).nth(1).waitFor();
      expect(await page.evaluate('document.querySelectorAll("main img").length')).toBe(0);
      await page.locator('.dead .target', { hasText: scene.endpoint.url }).waitFor();
      await see('jobwatch redrive --queue dead --stage STAGE --dry-run');
      scene.endpoint.answer(204, '');
      const first = rows.filter({ hasText: 'dead-1' });
      await first.getByText(/ago|now/).waitFor();
      await first.getByRole('button', { name: 'Redeliver' }).click();
      await first.waitFor({ state: 'detached' });
      expect(await rows.count()).toBe(1);
      const path = `/subscriptions/${scene.subscriptions.other}/deliveries?state=exhausted`;
      const { deliveries } = await scene.stack.api.get<{ deliveries: { job: { jobId: string } }[] }>(path);
      expect(deliveries.map(({ job }) => job.jobId)).toEqual(['dead-2']);
    });

    it('hides “Redeliver” from who may not, and says that a token may not see the reasons', async () => {
      const { page, see, goAnew } = open();
      await page.route('**/v1/**', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), 'jobwatch-scopes': 'read' } });
      });
      await page.route('**/v1/queues/rejected', (route) =>
        route.fulfill({ status: 403, json: { detail: 'The token does not have the scope "read".' } }),
      );
      await goAnew('#/queues');
      await page.locator('.dead tr', { hasText: 'dead-2' }).waitFor();
      await see('read only');
      expect(await page.getByRole('button', { name: 'Redeliver' }).count()).toBe(0);
      await see('This token may not see that');
      await page.unrouteAll({ behavior: 'wait' });
    });

    it('says that nothing is wrong where nothing is, and asks for no reasons', async () => {
      const { page, goTo, see, scene } = open();
      const health = await scene.stack.api.get<{ queues: Record<string, object> }>('/health');
      const none = { visible: 0, inFlight: 0, delayed: 0 };
      const queues = { ...health.queues, rejected: none, deadDeliveries: none };
      const json = { ...health, queues, deniedAccounts: [], deniedAccountsTotal: 0 };
      await page.route('**/v1/health', (route) => route.fulfill({ json }));
      await page.goto('about:blank');
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await goTo('#/queues');
      await see('None: every message was understood.');
      await see('None: every key is accepted.');
      await see('None: every event arrives');
      expect(asked.filter((url) => /queues\/rejected|\/overview|deliveries/.test(url))).toEqual([]);
      await page.unrouteAll({ behavior: 'wait' });
    });
  },
);
