/** Replacing root volumes in simulated EC2: the instance stays what it is, restarted from another disk. */
import type { QueryInput } from '../query.ts';
import type { XmlElements } from '../xml.ts';
import { rootSnapshot } from './image.ts';
import type { Ec2Instance } from './instance.ts';
import type { InstanceStore } from './instance-store.ts';
import type { Instances } from './instances.ts';
import { notFound, parameter, refused } from './refusals.ts';
import { tagsFor } from './tags.ts';

interface Task {
  readonly id: string;
  readonly instanceId: string;
  readonly imageId?: string;
  readonly snapshotId: string;
  readonly deletesReplaced: boolean;
  readonly startedAt: number;
  /** EC2 API reference, ReplaceRootVolumeTask. */
  state: 'in-progress' | 'succeeded' | 'failed';
  completedAt?: number;
}

export class RootVolumes {
  readonly #store: InstanceStore;
  readonly #instances: Instances;
  /** Told of each volume that is another one now. */
  readonly #replaced: (instanceId: string, volumeId: string) => void;
  readonly #tasks = new Map<string, Task>();

  constructor(
    store: InstanceStore,
    instances: Instances,
    replaced: (instanceId: string, volumeId: string) => void,
  ) {
    this.#store = store;
    this.#instances = instances;
    this.#replaced = replaced;
  }

  /**
   * From the snapshot or the image that is named, else as at the launch; the instance must be running, and is restarted
   * (EC2 user guide, "Replace the root volume for an Amazon EC2 instance without stopping it").
   */
  create(input: QueryInput): XmlElements {
    const [instance] = this.#instances.get([parameter(input, 'InstanceId')]);
    if (instance?.state !== 'running')
      throw refused(
        'IncorrectInstanceState',
        `The instance '${instance?.id}' is not in the 'running' state.`,
      );
    const imageId = input.text('ImageId');
    const snapshotId = input.text('SnapshotId');
    if (imageId !== undefined && snapshotId !== undefined)
      throw refused(
        'InvalidParameterCombination',
        'The parameters ImageId and SnapshotId cannot be used together',
      );
    const task = this.#begin(instance, {
      ...(imageId !== undefined && { imageId }),
      ...(snapshotId !== undefined && { snapshotId }),
      deletesReplaced: input.text('DeleteReplacedRootVolume') === 'true',
    });
    this.#store.tags.put(task.id, tagsFor(input, 'replace-root-volume-task'));
    return { replaceRootVolumeTask: this.#xml(task) };
  }

  describe(input: QueryInput): XmlElements {
    const asked = input.list('ReplaceRootVolumeTaskId');
    const unknown = asked.filter((id) => !this.#tasks.has(id));
    if (unknown.length > 0) throw notFound(...unknown);
    const found = [...this.#tasks.values()].filter(
      ({ id }) => asked.length === 0 || asked.includes(id),
    );
    return { replaceRootVolumeTaskSet: { item: found.map((task) => this.#xml(task)) } };
  }

  /** As an instance refresh does it: the old volume goes (Auto Scaling user guide, replace-root-volume). */
  replace(instanceId: string): void {
    const instance = this.#instances.find(instanceId);
    if (instance !== undefined) this.#begin(instance, { deletesReplaced: true });
  }

  #begin(
    instance: Ec2Instance,
    wish: Partial<Pick<Task, 'imageId' | 'snapshotId'>> & Pick<Task, 'deletesReplaced'>,
  ): Task {
    const { ids, images, clock } = this.#store;
    const { imageId = instance.described.imageId ?? '' } = wish;
    if (wish.snapshotId !== undefined) this.#store.snapshots.get(wish.snapshotId);
    const known = wish.imageId !== undefined || images.has(imageId);
    const snapshotId = wish.snapshotId ?? (known ? rootSnapshot(images.get(imageId)) : '');
    const task: Task = {
      ...wish,
      id: ids.next('replacevol'),
      instanceId: instance.id,
      snapshotId,
      startedAt: clock.now(),
      state: 'in-progress',
    };
    this.#tasks.set(task.id, task);
    void this.#finish(task, instance);
    return task;
  }

  async #finish(task: Task, instance: Ec2Instance): Promise<void> {
    const { volumes, clock, machines } = this.#store;
    const { snapshotId, imageId } = task;
    try {
      if (!instance.fromOutside) await machines.replaceRoot(instance.id, snapshotId);
      const volume = volumes.replace(instance.id, instance.rootDevice, {
        deletesReplaced: task.deletesReplaced,
        ...(snapshotId !== '' && { snapshotId }),
      });
      if (imageId !== undefined) instance.described = { ...instance.described, imageId };
      task.state = 'succeeded';
      this.#replaced(instance.id, volume.id);
    } catch (error) {
      task.state = 'failed';
      instance.why = String(error);
    }
    task.completedAt = clock.now();
  }

  #xml(task: Task): XmlElements {
    const { completedAt } = task;
    return {
      replaceRootVolumeTaskId: task.id,
      instanceId: task.instanceId,
      taskState: task.state,
      startTime: new Date(task.startedAt).toISOString(),
      completeTime: completedAt === undefined ? undefined : new Date(completedAt).toISOString(),
      imageId: task.imageId,
      snapshotId: task.snapshotId,
      deleteReplacedRootVolume: task.deletesReplaced,
      tagSet: this.#store.tags.xml(task.id),
    };
  }
}
