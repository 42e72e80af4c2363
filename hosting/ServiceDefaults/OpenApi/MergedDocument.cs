using System.Text.Json.Nodes;

namespace JobSystem.ServiceDefaults.OpenApi;

/// <summary>Merges several OpenAPI documents.</summary>
public static class MergedDocument
{
    public static JsonObject Merge(IReadOnlyList<JsonObject> documents)
    {
        var merged = documents[0].DeepClone().AsObject();
        foreach (var document in documents.Skip(1))
        {
            Add(merged["paths"]!.AsObject(), document["paths"]!.AsObject());
            foreach (var (section, members) in document["components"]!.AsObject())
            {
                Add(merged["components"]![section]!.AsObject(), members!.AsObject());
            }
            var tags = merged["tags"]!.AsArray();
            foreach (var tag in document["tags"]!.AsArray().Where(x => tags.All(known => Name(known) != Name(x))).ToList())
            {
                tags.Add(tag!.DeepClone());
            }
        }
        foreach (var (name, members) in merged["components"]!.AsObject().ToList())
        {
            merged["components"]![name] = ApiDocument.Sorted(members!.AsObject());
        }
        merged["paths"] = ApiDocument.Sorted(merged["paths"]!.AsObject());
        merged["tags"] = new JsonArray([.. merged["tags"]!.AsArray().OrderBy(x => ApiNotes.Place(Name(x))).Select(x => x!.DeepClone())]);
        return merged;
    }

    static string Name(JsonNode? tag) => tag!["name"]!.GetValue<string>();

    /// <summary>Methods of one path may come from two services.</summary>
    static void Add(JsonObject known, JsonObject more)
    {
        foreach (var (name, value) in more)
        {
            if (known[name] is not JsonObject there)
            {
                known[name] = value?.DeepClone();
            }
            else if (name.StartsWith('/'))
            {
                Add(there, value!.AsObject());
                known[name] = ApiDocument.Sorted(there);
            }
        }
    }
}
