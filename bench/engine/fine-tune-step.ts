/** How long does a fine-tuning step take, against PyTorch? Ratios below 1: ours is faster. */
import { best, race } from "./race.ts";
import { contestant, mobileNet, resnet18, type Step } from "./steps.ts";
import { hasTorch, torchStep } from "./torch.ts";

const weights = new URL("../../../shared/weights/mobilenet_v2_1.0_224.onnx", import.meta.url);
const shape = { batch: 16, size: 224 };
const cases: { name: string; step: () => Step; torch: Parameters<typeof torchStep>[0]; wanted: number }[] = [
  {
    name: "MobileNetV2, last three blocks",
    step: () => mobileNet(weights, "l43.w"),
    torch: { network: "mobilenet", frozen: 15, ...shape },
    wanted: 0.5,
  },
  {
    name: "MobileNetV2, everything",
    step: () => mobileNet(weights, "l0.w"),
    torch: { network: "mobilenet", ...shape },
    wanted: 0.75,
  },
  {
    name: "ResNet-18, layer 4",
    step: () => resnet18(4),
    torch: { network: "resnet18", frozen: 4, ...shape },
    wanted: 0.7,
  },
  { name: "ResNet-18, everything", step: () => resnet18(0), torch: { network: "resnet18", ...shape }, wanted: 0.8 },
];
if (!hasTorch()) console.log("PyTorch is not there (apt-get install python3-torch): only our own times");
for (const { name, step, torch, wanted } of cases) {
  const rivals = hasTorch() ? [torchStep(torch)] : [];
  const [ours, theirs] = await race([await contestant("ours", step(), { threads: 2 }), ...rivals]);
  const ratio = theirs
    ? ` | PyTorch ${best(theirs).toFixed(0)} ms | ratio ${(best(ours!) / best(theirs)).toFixed(2)} (wanted ${wanted})`
    : "";
  console.log(
    `${name}: ${best(ours!).toFixed(0)} ms${ratio} | loss ${ours!.value.toFixed(3)} ${theirs?.value.toFixed(3) ?? ""}`,
  );
}
