import { groups as groupsShape } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { hrefOf } from '../data/place.ts';
import { Empty, Shown } from '../parts/states.tsx';
import { When } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { OutcomeMark } from './group.tsx';

const EVERY_MS = 10_000;

/** The latest groups. */
export function GroupsPage() {
  const fetched = useFetched(groupsShape, '/groups?limit=100', EVERY_MS);
  return (
    <div class="page">
      <Title>Groups</Title>
      <Shown fetched={fetched} what="the groups">
        {({ groups, nextCursor }) =>
          groups.length === 0 ? (
            <Empty title="No job has been submitted into a group yet">
              Name the group in the field “group” of a message.
            </Empty>
          ) : (
            <>
              <ul class="groups">
                {groups.map((group) => (
                  <li key={group.id}>
                    <a class="mono" href={hrefOf(['groups', group.id])}>
                      {group.id}
                    </a>
                    <OutcomeMark group={group} />
                    <span class="num">
                      {group.joined} of {group.size} jobs
                    </span>
                    <When at={group.createdAt} />
                  </li>
                ))}
              </ul>
              {nextCursor === undefined ? null : <p class="dim">Only the latest 100; use the API for older ones.</p>}
            </>
          )
        }
      </Shown>
    </div>
  );
}
