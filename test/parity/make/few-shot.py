"""Reference scores of few-shot methods, in double precision on whole features, written from the papers alone.

Run from the repository's root: python3 test/parity/make/few-shot.py > test/parity/few-shot.json && npx prettier --write test/parity/few-shot.json
Each function names its paper and equation. Features are made here and stored rounded, so that both sides read the same.
"""

import json
import platform
from datetime import date

import numpy as np

WAYS, SHOTS, QUERIES, DIM = 4, [1, 3, 2, 3], [3, 5, 2, 4], 12


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def square_distances(z, m):
    return ((z[:, None, :] - m[None, :, :]) ** 2).sum(axis=2)


def means(x, y):
    return np.stack([x[y == c].mean(axis=0) for c in range(WAYS)])


def cosine(x, m):
    return unit(x) @ unit(m).T


def proto_net(s, y, q):
    """Snell et al. 2017, eq. 1-2: minus the squared distance to the prototype."""
    return -square_distances(q, means(s, y))


def rectify(s, y, q):
    """Liu et al. 2020, eq. 2-5, with all queries; s and q at length 1."""
    q = q + s.mean(axis=0) - q.mean(axis=0)
    base = means(s, y)
    x = np.concatenate([s, q])
    near = cosine(x, base)
    own = np.concatenate([y, near[len(s) :].argmax(axis=1)])
    w = softmax(10 * near)
    points = []
    for c in range(WAYS):
        mine = own == c
        points.append((w[mine, c][:, None] * x[mine]).sum(axis=0) / w[mine, c].sum())
    return np.stack(points), q


def bd_cspn(s, y, q):
    points, q = rectify(unit(s), y, unit(q))
    return cosine(q, points)


def laplacian_shot(s, y, q, neighbours=3, lam=0.7, steps=20):
    """Ziko et al. 2020, eq. 12: y_q = softmax(-a_q + lambda sum_p w(q, p) y_p), simultaneously for all q."""
    s, q = unit(s), unit(q)
    between = square_distances(q, q)
    np.fill_diagonal(between, np.inf)
    w = np.zeros_like(between)
    for i in range(len(q)):
        w[i, np.argsort(between[i])[:neighbours]] = 1
    points, moved = rectify(s, y, q)
    a = square_distances(moved, points)
    logits = -a
    for _ in range(steps):
        logits = -a + lam * w @ softmax(logits)
    return logits


def centred_together(s, q):
    x = unit(np.concatenate([s, q]))
    x = unit(x - x.mean(axis=0))
    return x[: len(s)], x[len(s) :]


def tim_adm(s, y, q, lam=0.1, alpha=0.1, tau=15.0, steps=150):
    """Boudiaf et al. 2020, proposition 1, on centred features."""
    s, q = centred_together(s, q)
    hot = np.eye(WAYS)[y]
    w = means(s, y)
    for _ in range(steps):
        ps = softmax(-tau / 2 * square_distances(s, w))
        pq = softmax(-tau / 2 * square_distances(q, w))
        t = pq ** (1 + alpha) / np.sqrt((pq ** (1 + alpha)).sum(axis=0, keepdims=True))
        t = t / t.sum(axis=1, keepdims=True)
        a, b = lam / (1 + alpha), len(s) / len(q)
        new = []
        for k in range(WAYS):
            top = a * (hot[:, k][:, None] * s + ps[:, k][:, None] * (w[k] - s)).sum(axis=0)
            top = top + b * (t[:, k][:, None] * q + pq[:, k][:, None] * (w[k] - q)).sum(axis=0)
            new.append(top / (a * hot[:, k].sum() + b * t[:, k].sum()))
        w = np.stack(new)
    return -tau / 2 * square_distances(q, w)


def alpha_tim(s, y, q, alpha=2.0, tau=15.0, steps=200):
    """Veilleux et al. 2021: CE(support) + H_alpha(Y|X) - H_alpha(Y), by Nesterov's descent on the points themselves."""
    s, q = unit(s), unit(q)
    hot = np.eye(WAYS)[y]
    w = means(s, y)
    ahead = w
    for _ in range(steps):
        ps = softmax(-tau / 2 * square_distances(s, ahead))
        pq = softmax(-tau / 2 * square_distances(q, ahead))
        gs = (ps - hot) / len(s)
        slope = -alpha / (alpha - 1)
        d = (slope * pq ** (alpha - 1) - slope * pq.mean(axis=0) ** (alpha - 1)) / len(q)
        gq = pq * (d - (pq * d).sum(axis=1, keepdims=True))
        g = gs.T @ s - gs.sum(axis=0)[:, None] * ahead + gq.T @ q - gq.sum(axis=0)[:, None] * ahead
        new = ahead - g / tau  # step 1 / tau^2 times the chain rule's tau
        ahead, w = new + 0.9 * (new - w), new
    return -tau / 2 * square_distances(q, w)


def pt_map(s, y, q, beta=0.5, lam=10.0, rate=0.2, steps=20):
    """Hu et al. 2021, eq. 2-7: power transform, centring, then Sinkhorn and prototypes in turn."""

    def prepare(x):
        x = unit(np.sign(x) * np.abs(x) ** beta)
        return unit(x - x.mean(axis=0))

    def sinkhorn(d):
        p = np.exp(-lam * d)
        for _ in range(1000):
            p = p / p.sum(axis=1)[:, None]
            p = p * (len(d) / WAYS / p.sum(axis=0))
        return p

    s, q = prepare(s), prepare(q)
    z = np.concatenate([s, q])
    m = means(s, y)
    for _ in range(steps):
        p = np.concatenate([np.eye(WAYS)[y], sinkhorn(square_distances(q, m))])
        m = m + rate * (p.T @ z / p.sum(axis=0)[:, None] - m)
    return np.log(sinkhorn(square_distances(q, m)))


def made():
    draw = np.random.default_rng(7)
    centres = 1 + draw.normal(size=(WAYS, DIM))
    y = np.repeat(np.arange(WAYS), SHOTS)
    t = np.repeat(np.arange(WAYS), QUERIES)
    rows = [np.round(centres[c] + 0.9 * draw.normal(size=(len(c), DIM)), 4) for c in (y, t)]
    return rows[0], y, rows[1]


s, y, q = made()
methods = {
    "nearest-class-mean": proto_net,
    "bd-cspn": bd_cspn,
    "laplacian-shot": laplacian_shot,
    "tim": tim_adm,
    "alpha-tim": alpha_tim,
    "pt-map": pt_map,
}
print(
    json.dumps(
        {
            "recipe": "python3 test/parity/make/few-shot.py > test/parity/few-shot.json && npx prettier --write test/parity/few-shot.json",
            "made": f"{date.today()}, Python {platform.python_version()}, numpy {np.__version__}",
            "ways": WAYS,
            "labels": y.tolist(),
            "support": s.tolist(),
            "queries": q.tolist(),
            "scores": {name: np.round(f(s, y, q), 7).tolist() for name, f in methods.items()},
        }
    )
)
