/* Codes the way overhead.py asks for: TASK CLIP.y4m STREAM.aivc DECODED, on one thread. */
#include "support.h"

static void encode_frames(const char *clip, const char *stream, const AivcEncoderConfig *config) {
    AivcVideoFormat format;
    AivcEncoder *encoder = NULL;
    AivcModel *model = NULL;
    char line[256];
    FILE *file = fopen(clip, "rb");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    OK(aivc_video_format_init(&format, sizeof format));
    CHECK(sscanf(line, "YUV4MPEG2 W%u H%u F%u:%u", &format.width, &format.height,
                 &format.frame_rate_numerator, &format.frame_rate_denominator) == 4);
    OK(aivc_model_open(NULL, NULL, &model));
    OK(aivc_encoder_open_file(stream, model, &format, config, &encoder));
    AivcFrame frame = allocate_frame(&format, 0);
    for (frame.presentation_ticks = 0; fgets(line, sizeof line, file) != NULL;
         frame.presentation_ticks++) {
        for (int plane = 0; plane < 3; plane++) {
            CHECK(fread(frame.planes[plane], 1, frame.sizes[plane], file) == frame.sizes[plane]);
        }
        OK(aivc_encoder_send_frame(encoder, &frame));
    }
    OK(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));
    OK(aivc_model_free(model));
    free_frame(&frame);
    CHECK(fclose(file) == 0);
}

static void decode_frames(const char *stream, const char *decoded) {
    AivcVideoFormat format = {.struct_size = sizeof format};
    AivcDecoder *decoder = NULL;
    FILE *file = fopen(decoded, "wb");
    CHECK(file != NULL);
    OK(aivc_decoder_open_file(stream, NULL, &decoder));
    OK(aivc_decoder_format(decoder, &format));
    AivcFrame frame = allocate_frame(&format, 0);
    int32_t status;
    while ((status = aivc_decoder_next_frame(decoder, &frame)) == AIVC_STATUS_OK) {
        for (int plane = 0; plane < 3; plane++) {
            CHECK(fwrite(frame.planes[plane], 1, frame.sizes[plane], file) == frame.sizes[plane]);
        }
    }
    CHECK(status == AIVC_STATUS_END);
    OK(aivc_decoder_free(decoder));
    free_frame(&frame);
    CHECK(fclose(file) == 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 5);
    const char *task = argv[1], *clip = argv[2], *stream = argv[3], *decoded = argv[4];
    AivcEncoderConfig config;
    OK(aivc_set_thread_count(1));
    OK(aivc_encoder_config_init(&config, sizeof config));
    config.quality = 32;
    if (strcmp(task, "encode-file") == 0) {
        OK(aivc_encode_file(clip, stream, NULL, &config, NULL, NULL, NULL));
    } else if (strcmp(task, "decode-file") == 0) {
        char name[1024];
        snprintf(name, sizeof name, "%s.y4m", decoded);
        OK(aivc_decode_file(stream, name, NULL, AIVC_DAMAGE_RESPONSE_STOP, NULL, NULL, NULL));
    } else if (strcmp(task, "encode-frames") == 0) {
        encode_frames(clip, stream, &config);
    } else if (strcmp(task, "decode-frames") == 0) {
        decode_frames(stream, decoded);
    }
    return 0;
}
