/* Encodes a real clip to memory, to a file and through a callback, and decodes it each way: three
 * times the same stream, three times the same frames, and these resemble the clip.
 *
 * usage: coding CLIP.y4m OUT.aivc FRAMES QUALITY MODEL|- [WIDTH HEIGHT]
 * - is the default model; width and height are those of a corner to take. */
#include "support.h"

static int32_t take(void *user, const uint8_t *data, size_t size) {
    append((Bytes *)user, data, size);
    return 0;
}

typedef struct {
    Bytes bytes;
    size_t at;
    size_t step;
} Source;

/* Gives the bytes in pieces of changing size. */
static int32_t give(void *user, uint8_t *buffer, size_t capacity, size_t *bytes_read) {
    Source *source = (Source *)user;
    size_t size = source->bytes.size - source->at;
    source->step = source->step * 7 % 1009 + 1;
    size = size < source->step ? size : source->step;
    size = size < capacity ? size : capacity;
    memcpy(buffer, source->bytes.data + source->at, size);
    source->at += size;
    *bytes_read = size;
    return 0;
}

static double squared_error(const AivcVideoFormat *format, const AivcFrame *a, const AivcFrame *b) {
    Bytes left = tight_bytes(format, a), right = tight_bytes(format, b);
    double sum = 0.0;
    CHECK(left.size == right.size);
    for (size_t index = 0; index < left.size; index++) {
        const double difference = (double)left.data[index] - (double)right.data[index];
        sum += difference * difference;
    }
    sum /= (double)left.size;
    free(left.data);
    free(right.data);
    return sum;
}

/* Without the padding at the end of the struct. */
static int same_format(const AivcVideoFormat *a, const AivcVideoFormat *b) {
    return memcmp(a, b, offsetof(AivcVideoFormat, full_range) + sizeof a->full_range) == 0;
}

/* Decodes all frames into buffers with padding, which must stay as it was. */
static AivcFrame *decode(AivcDecoder *decoder, const Clip *clip) {
    const size_t padding = 11;
    AivcVideoFormat format;
    AivcDecodeSummary summary;
    AivcFrame *frames = (AivcFrame *)allocate(clip->frame_count * sizeof(AivcFrame));
    AivcFrame rest;
    memset(&format, 0, sizeof format);
    memset(&summary, 0, sizeof summary);
    format.struct_size = sizeof format;
    summary.struct_size = sizeof summary;
    OK(aivc_decoder_format(decoder, &format));
    CHECK(same_format(&format, &clip->format));
    for (size_t index = 0; index < clip->frame_count; index++) {
        frames[index] = allocate_frame(&format, padding);
        OK(aivc_decoder_next_frame(decoder, &frames[index]));
        CHECK(frames[index].presentation_ticks == (int64_t)index);
        for (int plane = 0; plane < 3; plane++) {
            const uint8_t *samples = (const uint8_t *)frames[index].planes[plane];
            for (size_t byte = 0; byte < padding; byte++) {
                CHECK(samples[frames[index].strides[plane] - 1 - byte] == 0xa5);
            }
        }
    }
    rest = allocate_frame(&format, 0);
    EXPECT(AIVC_STATUS_END, aivc_decoder_next_frame(decoder, &rest));
    EXPECT(AIVC_STATUS_END, aivc_decoder_next_frame(decoder, &rest));
    free_frame(&rest);
    OK(aivc_decoder_summary(decoder, &summary));
    CHECK(summary.frames == clip->frame_count && summary.damaged == 0);
    CHECK(summary.index_status == AIVC_INDEX_STATUS_COMPLETE);
    OK(aivc_decoder_free(decoder));
    return frames;
}

int main(int argc, char **argv) {
    CHECK(argc == 6 || argc == 8);
    const size_t frame_count = (size_t)atoi(argv[3]);
    const int built_in = strcmp(argv[5], "-") == 0;
    const uint32_t width = argc == 8 ? (uint32_t)atoi(argv[6]) : 0;
    const uint32_t height = argc == 8 ? (uint32_t)atoi(argv[7]) : 0;
    AivcModel *model = NULL;
    AivcModelProperties properties;
    AivcEncoder *encoder = NULL;
    AivcDecoder *decoder = NULL;
    AivcEncoderConfig config;
    AivcDecoderConfig decoder_config;
    Bytes taken = {NULL, 0};

    OK(aivc_check_abi(AIVC_ABI_VERSION));
    CHECK(aivc_abi_version() == AIVC_ABI_VERSION);
    OK(aivc_model_open(built_in ? NULL : argv[5], NULL, &model));
    memset(&properties, 0, sizeof properties);
    properties.struct_size = sizeof properties;
    OK(aivc_model_properties(model, &properties));
    OK(aivc_encoder_config_init(&config, sizeof config));
    config.quality = (uint32_t)atoi(argv[4]);

    /* To memory, a file and a callback. */
    Clip clip = read_clip(argv[1], frame_count, width, height, 3);
    Bytes memory = encode_clip(&clip, model, &config);
    OK(aivc_encoder_open_file(argv[2], model, &clip.format, &config, &encoder));
    for (size_t index = 0; index < frame_count; index++) {
        OK(aivc_encoder_send_frame(encoder, &clip.frames[index]));
    }
    remove(argv[2]);
    CHECK(!file_exists(argv[2]));
    OK(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));
    Bytes file = read_file(argv[2]);
    OK(aivc_encoder_open_callback(take, &taken, model, &clip.format, &config, &encoder));
    for (size_t index = 0; index < frame_count; index++) {
        const size_t before = taken.size;
        OK(aivc_encoder_send_frame(encoder, &clip.frames[index]));
        CHECK(taken.size > before);
    }
    OK(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));
    CHECK(memory.size == file.size && memcmp(memory.data, file.data, file.size) == 0);
    CHECK(memory.size == taken.size && memcmp(memory.data, taken.data, taken.size) == 0);

    /* And back, the last time with a model that is freed while it is in use. */
    OK(aivc_decoder_config_init(&decoder_config, sizeof decoder_config));
    decoder_config.model = built_in ? NULL : model;
    OK(aivc_decoder_open_memory(memory.data, memory.size, &decoder_config, &decoder));
    AivcFrame *from_memory = decode(decoder, &clip);
    OK(aivc_decoder_open_file(argv[2], built_in ? NULL : &decoder_config, &decoder));
    AivcFrame *from_file = decode(decoder, &clip);
    Source source = {taken, 0, 1};
    decoder_config.model = model;
    OK(aivc_decoder_open_callback(give, &source, &decoder_config, &decoder));
    OK(aivc_model_free(model));
    AivcFrame *from_callback = decode(decoder, &clip);

    for (size_t index = 0; index < frame_count; index++) {
        CHECK(squared_error(&clip.format, &from_memory[index], &from_file[index]) == 0.0);
        CHECK(squared_error(&clip.format, &from_memory[index], &from_callback[index]) == 0.0);
        /* Above 20 dB, which any model that is worth shipping reaches, and planes in the wrong
         * order do not. */
        CHECK(!built_in ||
              squared_error(&clip.format, &from_memory[index], &clip.frames[index]) < 650.0);
        free_frame(&from_memory[index]);
        free_frame(&from_file[index]);
        free_frame(&from_callback[index]);
    }
    printf("%s: %d frames of %ux%u in %lu bytes, by %s\n", argv[2], (int)frame_count,
           (unsigned)clip.format.width, (unsigned)clip.format.height, (unsigned long)memory.size,
           properties.name);
    free(from_memory);
    free(from_file);
    free(from_callback);
    free(memory.data);
    free(file.data);
    free(taken.data);
    free_clip(&clip);
    return 0;
}
