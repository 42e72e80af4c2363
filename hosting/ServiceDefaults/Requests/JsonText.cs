using System.Text.Encodings.Web;
using System.Text.Json;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>How this service writes JSON by hand: letters stay letters, because it is served as JSON and never inside a page.</summary>
public static class JsonText
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonWriterOptions Writer = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
