import { invalidModel } from '../errors.js';
import { checkExperience, type ExperienceModel } from '../placement/experience.js';

const FORMAT = 'fog-scheduler-learned';
const VERSION = 1;

/** What a scheduler exports: all that it has learned, of tasks and of workers. */
interface LearnedModel {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** As the estimator exports it, with a format and a version of its own. */
  readonly estimator: unknown;
  readonly experience: ExperienceModel;
}

export function sealed(estimator: unknown, experience: ExperienceModel): LearnedModel {
  return { format: FORMAT, version: VERSION, estimator, experience };
}

/**
 * Takes apart what {@link sealed} gave. Anything else is taken for what an estimator exported by itself, as schedulers once did: it
 * tells nothing of workers, and whether it can be read is the estimator's to say.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_MODEL` for other versions of the format, or if it is damaged.
 */
export function opened(model: unknown): { readonly estimator: unknown; readonly experience: ExperienceModel } {
  const { format, version, estimator, experience } = (model ?? {}) as Partial<Record<keyof LearnedModel, unknown>>;
  if (format !== FORMAT) return { estimator: model, experience: [] };
  if (version !== VERSION) throw invalidModel(`its version is ${String(version)}, and ${VERSION} is the one that can be read`);
  checkExperience(experience);
  return { estimator, experience };
}
