// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"
#include "engine/session/InferenceSession.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace mixer {

/// How sure a router was about one image: the gap in logits between the last scan that it chose and the first that it
/// did not. The choice flips where it is 0. Infinity when every scan runs, or without a router.
double routerMargin(const Routing& routing);
/// The first scan that was not chosen (the largest logit among them); -1 when every scan runs or there is no router.
int runnerUp(const Routing& routing);

/// Small changes to a picture that should not matter to what it is.
enum class Perturbation { Flip, Crop, Noise };
constexpr int kPerturbations = 3;
constexpr std::array<const char*, kPerturbations> kPerturbationNames = {"flip", "crop", "noise"};

/// Flip: mirrored left to right. Crop: the middle seven eighths, enlarged to the same size (bilinear). Noise: normal,
/// standard deviation 0.1 of the normalized values, from `seed`.
PreparedImage perturbed(const PreparedImage& image, Perturbation perturbation, unsigned seed = 1);

/// What the routers did over a set of images: which scans which classes get, and whether they mean it.
class RouterStatistics {
public:
    /// One token mixer with a router. Classes are those of the network; the class of an image is the one that the
    /// caller gives: its true one, or the predicted one.
    struct Mixer {
        MixerId id;
        std::vector<std::string> scans;
        Array chosen;               ///< (classes, S): images of the class that were given the scan
        Array probability;          ///< (classes, S): the router's mean probability; 0 for classes without images
        std::vector<float> margin;  ///< of each image, in the order of add()
        std::array<int, kPerturbations> kept = {};    ///< perturbed images whose scans were the same ...
        std::array<int, kPerturbations> tested = {};  ///< ... of so many
        double stability(Perturbation p) const;       ///< kept / tested; NaN before any was tested
    };

    explicit RouterStatistics(int classes)
        : m_classes(classes)
    {
    }

    /// Counts one image. Throws Error(Usage) for a class that does not exist.
    void add(const Trace& trace, int classIndex);
    /// The same of what was written down (BatchTable): the routing of each token mixer with a router.
    using Routings = std::vector<std::pair<MixerId, Routing>>;
    void add(const Routings& routings, int classIndex);
    /// Compares the run of a perturbed image with that of the image itself.
    void addPerturbed(const Trace& original, const Trace& changed, Perturbation perturbation);
    /// Both, with the runs: add(), then each perturbation. Throws Error, Cancelled.
    void study(const InferenceSession& session, const PreparedImage& image, int classIndex,
               const CancelToken& cancel = {});

    const std::vector<Mixer>& mixers() const { return m_mixers; }
    int imageCount() const { return m_images; }
    const std::vector<int>& imagesOfClass() const { return m_imagesOfClass; }
    /// Images nearest to a decision boundary of a mixer, by rising margin, at most `count`: indices in the order of
    /// add().
    std::vector<int> closestCalls(const MixerId& id, int count) const;
    /// The mixer whose router is the least sure over all images: the smallest mean margin. Null where none could have
    /// chosen otherwise.
    const Mixer* mostDivided() const;

private:
    Mixer* find(const MixerId& id, const Routing& routing);

    int m_classes;
    int m_images = 0;
    std::vector<int> m_imagesOfClass;
    std::vector<Mixer> m_mixers;
};

}  // namespace mixer
