// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RouterStudy.h"

#include "engine/image/LoadPicture.h"

namespace mixer::vis {

std::shared_ptr<const RouterStatistics> studyRouters(const InferenceSession& session,
                                                     const std::vector<StudiedImage>& images,
                                                     const ProgressCallback& progress, const CancelToken& cancel)
{
    auto statistics = std::make_shared<RouterStatistics>(session.config().numClasses);
    for (std::size_t i = 0; i < images.size(); ++i) {
        const StudiedImage& image = images[i];
        cancel.check();
        if (progress)
            progress("image " + std::to_string(i + 1) + " of " + std::to_string(images.size()),
                     static_cast<double>(i) / static_cast<double>(images.size()));
        const PreparedImage prepared = image.pixels ? prepareImage(*image.pixels, session.preprocessing())
                                                    : loadPicture(image.path, session.preprocessing()).prepared;
        int classIndex = image.trueClass;
        if (classIndex < 0)
            classIndex = session.run(prepared, {}, cancel)->topClasses(1).front();
        statistics->study(session, prepared, classIndex, cancel);
    }
    return statistics;
}

}  // namespace mixer::vis
