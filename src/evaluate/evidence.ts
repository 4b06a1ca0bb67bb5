/** Limits in the unit of what they bound; proportions lie in [0, 1]. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A figure with its 95 % interval; the interval is null where it cannot be given. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval | null;
}

/** A method's options as they stand in manifests. */
export type HeadOptions = Readonly<Record<string, number | string | boolean>>;

/** Width of an interval from which on a recall says next to nothing of its class: that of a single image asked, say. */
const SAYS_NOTHING = 0.6;

/**
 * The classes worth looking at, lowest recall first. Of a sample those of which enough images were asked: among
 * thousands of classes with one image asked some miss it by chance.
 */
export const weakestFirst = ({ classes, confusedPairs }: Pick<Evidence, "classes" | "confusedPairs">) =>
  classes
    .flatMap((one) => (one.recall ? [{ ...one, recall: one.recall }] : []))
    .filter(({ recall: { interval } }) => !confusedPairs || (interval && interval.high - interval.low < SAYS_NOTHING))
    .sort((a, b) => a.recall.value - b.recall.value);

/** How accuracy was estimated. */
export interface Protocol {
  /** `none`: a class has one image (or one group), so accuracy cannot be estimated. */
  readonly kind: "k-fold" | "leave-one-out" | "none";
  readonly folds: number;
  readonly repeats: number;
  /** For people: "10-fold cross-validation, repeated 5 times, selection nested inside". */
  readonly text: string;
  /** How the intervals were computed, with the paper. */
  readonly intervalText: string;
}

/** What is known about one class. */
export interface ClassEvidence {
  readonly name: string;
  readonly images: number;
  /** Share of its images recognised, mean over repeats; null when not estimated. */
  readonly recall: Estimate | null;
  /** Share of the images taken for it that are of it; null when none was, or not estimated. */
  readonly precision: number | null;
  /** The class (index) its missed images are most often taken for, null when none is missed. */
  readonly mostlyTakenFor: number | null;
}

/**
 * What models that had not seen an image said of it. For an image that is never held out (the only one of its class)
 * `votes` is empty, `predicted` repeats the label and the probabilities are 0, or none where only a sample was asked.
 */
export interface OutOfFold {
  /** Class index. */
  readonly label: number;
  /** Most likely class by the mean of the calibrated probabilities over repeats. */
  readonly predicted: number;
  /** Most likely class in each repeat. */
  readonly votes: readonly number[];
  /** Calibrated, mean over repeats; [classes], sums to 1. */
  readonly probabilities: readonly number[];
  /** The classes that the probabilities are of, where those of the likeliest and the truth alone are kept. */
  readonly classes?: readonly number[];
  /** Larger is stranger. */
  readonly unknownScore: number;
}

/** The probability of one class; 0 where it was not kept. */
export const probabilityOf = ({ probabilities, classes }: OutOfFold, c: number): number =>
  probabilities[classes ? classes.indexOf(c) : c] ?? 0;

/** One way of learning the head that was tried. */
export interface CandidateEvidence {
  readonly method: string;
  readonly options: HeadOptions;
  /** For people: "ridge (lambda 0.1)". */
  readonly text: string;
  /** Mean of the selection score over folds of all images; see `Selection.score`. */
  readonly score: number;
  readonly standardError: number;
  /** Accuracy on the same folds: it helped to choose, so it is no estimate of the chosen model's accuracy. */
  readonly accuracy: number;
  readonly chosen: boolean;
}

/** One of two that were set against each other, on the same images, each out of fold. */
export interface Contestant {
  /** For people. */
  readonly text: string;
  readonly accuracy: Estimate;
  readonly used: boolean;
}

export interface Selection {
  readonly method: string;
  readonly options: HeadOptions;
  /** What `CandidateEvidence.score` is, and which way is better. */
  readonly score: string;
  readonly candidates: readonly CandidateEvidence[];
  /** The best head and the fine-tuned network, where both were tried. */
  readonly contestants?: readonly Contestant[];
  /** One sentence: why this head. */
  readonly text: string;
}

/** One bin of the reliability diagram. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly images: number;
  /** Mean probability of the predicted class; null in an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export interface Calibration {
  /** Scores are divided by it before the softmax. */
  readonly temperature: number;
  /** Expected calibration error with that temperature, out of fold, in [0, 1]. */
  readonly expectedCalibrationError: number;
  readonly bins: readonly ReliabilityBin[];
}

/** Prediction sets: every class with probability >= `threshold`, and always the likeliest one. */
export interface Conformal {
  /** Wanted share of sets that hold the truth: 0.9. */
  readonly level: number;
  readonly threshold: number;
  /** Share of out-of-fold sets that hold the truth. */
  readonly coverage: number;
  readonly meanSetSize: number;
}

/** An image is "unknown" where its unknown score exceeds `threshold`. */
export interface UnknownEvidence {
  readonly threshold: number;
  /** For people: what the score measures. */
  readonly text: string;
  /** Share of images of known classes called unknown. */
  readonly falseReject: number;
  /** Share of images of left-out classes taken for a known class, mean over the classes left out. */
  readonly falseAccept: number;
  /** Area under the ROC curve of the score, known against left-out; 0.5 = useless, 1 = perfect. */
  readonly auroc: number;
  /** By class left out; empty where only a sample was asked. */
  readonly falseAcceptByClass: readonly number[];
}

/** Expected accuracy at a number of images a class. */
export interface LearningPoint {
  readonly imagesPerClass: number;
  readonly images: number;
  readonly accuracy: Estimate;
}

export interface LearningCurve {
  readonly measured: readonly LearningPoint[];
  /** At 2 and 5 times the images; empty where the curve cannot be fitted, `text` says why. */
  readonly forecast: readonly (LearningPoint & { readonly factor: number })[];
  readonly text: string;
}

/** How much better one way of learning answers than another, image by image. */
export interface PairedDifference {
  readonly mean: number;
  /** 95 %. */
  readonly interval: Interval;
  /** How often chance alone would give a difference as large, either way. */
  readonly p: number;
}

/** One way of learning beside the plain one: of varying images, or of learning from unlabelled ones. */
export interface Arm {
  readonly name: string;
  readonly accuracy: Estimate;
  /** To the baseline, in accuracy, with its p-value made larger for the number of arms; null for the baseline itself. */
  readonly difference: (PairedDifference & { readonly adjusted: number }) | null;
  /** Whether the gain is beyond chance, all arms considered. */
  readonly proven: boolean;
}

/** How images were varied in learning, and what proved a gain. */
export interface AugmentationEvidence {
  /** Name of the policy that is used. */
  readonly used: string;
  /** None first, then what was set beside it, image by image. */
  readonly arms: readonly Arm[];
  readonly text: string;
}

/** What learning from unlabelled images proved; `used` is "none" or the name of a method. */
export type UnlabelledEvidence = AugmentationEvidence;

/** All that is known about how far the model can be trusted: plain data, fit for JSON. */
export interface Evidence {
  readonly images: number;
  /** Images that were not counted twice: near-duplicates and declared groups are one group. */
  readonly groups: number;
  readonly classes: readonly ClassEvidence[];
  readonly protocol: Protocol;
  /** Of the whole selecting procedure; null when it cannot be estimated (then `cannotEstimate` says why). */
  readonly accuracy: Estimate | null;
  readonly balancedAccuracy: Estimate | null;
  readonly cannotEstimate: string | null;
  /** Accuracy of always naming the largest class. */
  readonly majorityBaseline: number;
  /** [truth][predicted], in images, mean over repeats (so fractions occur); null when not estimated or too large. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** Instead of a matrix too large: the classes taken for another, most images first, at most 1000. */
  readonly confusedPairs?: readonly { readonly label: number; readonly predicted: number; readonly images: number }[];
  /** By image, in the order given; null when not estimated. */
  readonly outOfFold: readonly OutOfFold[] | null;
  readonly selection: Selection;
  /** Where ways of varying images were set against each other. */
  readonly augmentation?: AugmentationEvidence;
  /** Where learning from unlabelled images was set against learning without. */
  readonly unlabelled?: UnlabelledEvidence;
  readonly calibration: Calibration | null;
  readonly conformal: Conformal | null;
  readonly unknown: UnknownEvidence | null;
  readonly learningCurve: LearningCurve | null;
  /** Things the reader should know, each a sentence. */
  readonly warnings: readonly string[];
}
