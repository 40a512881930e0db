// The same from C++: handles in std::unique_ptr, streams in std::vector, errors as exceptions.
//
// usage: roundtrip CLIP.y4m MODEL WIDTH HEIGHT
#include "support.h"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void check(int32_t status) {
    if (status < 0) {
        throw std::runtime_error(std::string(aivc_status_name(status)) + ": " +
                                 aivc_last_error_message());
    }
}

struct Free {
    void operator()(AivcModel *model) const { OK(aivc_model_free(model)); }
    void operator()(AivcEncoder *encoder) const { OK(aivc_encoder_free(encoder)); }
    void operator()(AivcDecoder *decoder) const { OK(aivc_decoder_free(decoder)); }
};

template <typename T>
using Handle = std::unique_ptr<T, Free>;

Handle<AivcModel> open_model(const char *name) {
    AivcModel *model = nullptr;
    check(aivc_model_open(name, nullptr, &model));
    return Handle<AivcModel>(model);
}

// Exceptions must not leave a callback: they are kept, and thrown when the call has returned.
extern "C" int32_t append_bytes(void *user, const uint8_t *data, size_t size) {
    try {
        auto &bytes = *static_cast<std::vector<uint8_t> *>(user);
        bytes.insert(bytes.end(), data, data + size);
        return 0;
    } catch (...) {
        return 1;
    }
}

std::vector<uint8_t> encode(const Clip &clip, const AivcModel &model) {
    std::vector<uint8_t> bytes;
    AivcEncoder *opened = nullptr;
    check(aivc_encoder_open_callback(append_bytes, &bytes, &model, &clip.format, nullptr, &opened));
    Handle<AivcEncoder> encoder(opened);
    for (size_t index = 0; index < clip.frame_count; index++) {
        check(aivc_encoder_send_frame(encoder.get(), &clip.frames[index]));
    }
    check(aivc_encoder_finish(encoder.get()));
    return bytes;
}

size_t decode(const std::vector<uint8_t> &stream, const AivcModel &model) {
    AivcDecoderConfig config;
    check(aivc_decoder_config_init(&config, sizeof config));
    config.model = &model;
    AivcDecoder *opened = nullptr;
    check(aivc_decoder_open_memory(stream.data(), stream.size(), &config, &opened));
    Handle<AivcDecoder> decoder(opened);
    AivcVideoFormat format{};
    format.struct_size = sizeof format;
    check(aivc_decoder_format(decoder.get(), &format));
    AivcFrame frame{};
    frame.struct_size = sizeof frame;
    check(aivc_frame_layout(&format, &frame));
    std::vector<std::vector<uint8_t>> planes;
    for (int plane = 0; plane < 3; plane++) {
        planes.emplace_back(frame.sizes[plane]);
        frame.planes[plane] = planes.back().data();
    }
    size_t frames = 0;
    for (;;) {
        const AivcStatus status = static_cast<AivcStatus>(
            aivc_decoder_next_frame(decoder.get(), &frame));
        check(status);
        if (status == AIVC_STATUS_END) {
            return frames;
        }
        frames++;
    }
}

}  // namespace

int main(int argc, char **argv) {
    CHECK(argc == 5);
    try {
        const Handle<AivcModel> model = open_model(argv[2]);
        Clip clip = read_clip(argv[1], 3, static_cast<uint32_t>(std::stoi(argv[3])),
                              static_cast<uint32_t>(std::stoi(argv[4])), 5);
        const std::vector<uint8_t> stream = encode(clip, *model);
        CHECK(decode(stream, *model) == clip.frame_count);
        free_clip(&clip);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    try {
        open_model("no such model");
        return 1;
    } catch (const std::runtime_error &error) {
        CHECK(std::string(error.what()).find("AIVC_STATUS_MODEL") == 0);
    }
    return 0;
}
