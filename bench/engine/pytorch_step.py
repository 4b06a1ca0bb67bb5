"""PyTorch's side of the benches: builds one training step, then runs it once for each line read, printing the loss."""
import sys
import torch
from torch import nn
from torch.nn.functional import cross_entropy, relu

torch.set_num_threads(2)
torch.manual_seed(0)
CLASSES = 10


def conv4():
    layers = []
    for channels in (3, 64, 64, 64):
        layers += [nn.Conv2d(channels, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.MaxPool2d(2), nn.ReLU(inplace=True)]
    return [nn.Sequential(*layers, nn.Flatten())], 1600


class Residual(nn.Module):
    def __init__(self, c, o, stride):
        super().__init__()
        self.a = nn.Conv2d(c, o, 3, stride, 1)
        self.b = nn.Conv2d(o, o, 3, 1, 1)
        self.round = nn.Identity() if c == o and stride == 1 else nn.Conv2d(c, o, 1, stride)

    def forward(self, x):
        return relu(self.b(relu(self.a(x), inplace=True)) + self.round(x), inplace=True)


def resnet18():
    parts = [nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))]
    c = 64
    for stage, o in enumerate((64, 128, 256, 512)):
        parts.append(nn.Sequential(Residual(c, o, 1 if stage == 0 else 2), Residual(o, o, 1)))
        c = o
    parts.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    return parts, 512


class Inverted(nn.Module):
    def __init__(self, c, o, stride, expand):
        super().__init__()
        w = c * expand
        first = [] if expand == 1 else [nn.Conv2d(c, w, 1), nn.ReLU6(inplace=True)]
        # padding as in the exported model: at the end only where strided
        pad = [nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []
        depthwise = nn.Conv2d(w, w, 3, stride, 0 if stride == 2 else 1, groups=w)
        self.body = nn.Sequential(*first, *pad, depthwise, nn.ReLU6(inplace=True), nn.Conv2d(w, o, 1))
        self.keeps = c == o and stride == 1

    def forward(self, x):
        return x + self.body(x) if self.keeps else self.body(x)


def mobilenet():
    parts = [nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 32, 3, 2), nn.ReLU6(inplace=True))]
    c = 32
    for expand, o, count, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(count):
            parts.append(Inverted(c, o, stride if i == 0 else 1, expand))
            c = o
    parts.append(nn.Sequential(nn.Conv2d(c, 1280, 1), nn.ReLU6(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    return parts, 1280


name, frozen, batch, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
parts, width = {"conv4": conv4, "resnet18": resnet18, "mobilenet": mobilenet}[name]()
head = nn.Linear(width, CLASSES, bias=False)
fixed, trained = nn.Sequential(*parts[:frozen]), nn.Sequential(*parts[frozen:], head)
optimiser = torch.optim.SGD(trained.parameters(), lr=1e-3)
x = torch.rand(batch, 3, size, size) * 2 - 1
targets = torch.arange(batch) % CLASSES

for _ in sys.stdin:
    with torch.no_grad():
        start = fixed(x)
    loss = cross_entropy(trained(start), targets)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    print(float(loss), flush=True)
