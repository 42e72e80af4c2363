using System.Text.Encodings.Web;
using System.Text.Json;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>Options for writing JSON: non-ASCII letters are not escaped, because it is never embedded in HTML.</summary>
public static class JsonText
{
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonWriterOptions Writer =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
