# SPDX-License-Identifier: MIT
"""Measure a checkpoint with the reference: `evaluate_demo.py FILE --pictures VAL.tar.gz [--record]`.

Prints top-1 and top-5, and how often every router chose every scan. `--record` writes the accuracy into the metadata of
the file (key `mixer_training`), whose tensors stay as they are.
"""

import argparse
import json

import numpy as np
import torch

import demo_data
import model
import safetensors_io


def measure(network, images, labels, batch=50):
    """Ranks of the true classes, and per router the chosen scans of every picture as 0/1 (n, S)."""
    ranks, chosen = [], {}
    for start in range(0, len(images), batch):
        part = torch.from_numpy(images[start : start + batch]).permute(0, 3, 1, 2)
        trace = {}
        with torch.no_grad():
            logits = network(demo_data.normalize(part).to(network["head.fc.bias"].dtype), trace)
        truth = torch.from_numpy(labels[start : start + batch])
        ranks.append((logits > logits.gather(1, truth[:, None])).sum(1))
        for key, value in trace.items():
            if key.endswith(".chosen"):
                marks = torch.zeros(len(value), len(network.config["scans"])).scatter(1, value, 1.0)
                chosen.setdefault(key[: -len(".chosen")], []).append(marks)
    return torch.cat(ranks).numpy(), {name: torch.cat(marks).numpy() for name, marks in chosen.items()}


def print_shares(scans, chosen, labels, names):
    """Per router, the percentage of pictures that choose each scan, and the classes that differ most in a scan."""
    print("router", *scans, "distinct choices", sep=" | ")
    for router, marks in chosen.items():
        distinct = len(np.unique(marks, axis=0))
        print(router, *(f"{100 * share:.0f}" for share in marks.mean(0)), distinct, sep=" | ")
    print(
        "all",
        *(f"{100 * np.mean([m[:, s].mean() for m in chosen.values()]):.0f}" for s in range(len(scans))),
        sep=" | ",
    )
    for router, marks in chosen.items():
        per_class = np.stack([marks[labels == c].mean(0) for c in range(len(names))])
        scan = int((per_class.max(0) - per_class.min(0)).argmax())
        low, high = per_class[:, scan].argmin(), per_class[:, scan].argmax()
        extremes = [f"{names[c]} {100 * per_class[c, scan]:.0f} %" for c in (low, high)]
        print(f"{router}: {scans[scan]} from {extremes[0]} to {extremes[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--double", action="store_true", help="float64 instead of float32")
    parser.add_argument("--first", type=int, help="only so many pictures, spread over the classes")
    arguments = parser.parse_args()
    images, labels, names = demo_data.load_split(arguments.pictures)
    if arguments.first:
        spread = np.linspace(0, len(images) - 1, arguments.first).astype(int)
        images, labels = images[spread], labels[spread]

    network = model.Network.load(arguments.file, torch.float64 if arguments.double else torch.float32)
    if network.config["labels"] != names:
        raise SystemExit("the labels of the checkpoint are not the classes of the pictures")
    ranks, chosen = measure(network, images, labels)
    top_1, top_5 = (round(100 * float((ranks < k).mean()), 2) for k in (1, 5))
    print(f"{len(images)} pictures: top-1 {top_1} top-5 {top_5}")
    print_shares(network.config["scans"], chosen, labels, names)

    if arguments.record:
        tensors, metadata = safetensors_io.read(arguments.file)
        training = json.loads(metadata["mixer_training"])
        training.update({"top_1": top_1, "top_5": top_5, "measured_on": f"tinyimagenet50 val, {len(images)} pictures"})
        safetensors_io.write(arguments.file, tensors, {**metadata, "mixer_training": json.dumps(training)})


if __name__ == "__main__":
    main()
