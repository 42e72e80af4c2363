using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.OpenApi;

/// <summary>
/// The OpenAPI 3.1 document of a surface, as far as this process has it: paths, names, summaries and permissions from its route table, the rest from
/// <see cref="ApiNotes"/>.
/// </summary>
sealed class ApiDocument(ApiSurface surface, EndpointDataSource routes, IEnumerable<ApiDescription> described)
{
    readonly ApiNotes notes = ApiNotes.Load(described.Select(x => x.Assembly));
    readonly JsonObject responses = [];

    /// <param name="server">The path below which the routes are.</param>
    public static JsonObject Build(ApiSurface surface, EndpointDataSource routes, IEnumerable<ApiDescription> described, string server) =>
        new ApiDocument(surface, routes, described).Build(server);

    /// <summary>Routes with a name and a declared permission; excludes health and the document itself.</summary>
    public static IEnumerable<RouteEndpoint> Described(EndpointDataSource routes) =>
        routes.Endpoints.OfType<RouteEndpoint>()
            .Where(x => x.Metadata.GetMetadata<RequiredPermission>() is not null
                && x.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true });

    /// <summary>The path of a route in OpenAPI syntax.</summary>
    public static string PathOf(RouteEndpoint route)
    {
        var segments = route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{Snake(parameter.Name)}}}",
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            _ => throw new InvalidOperationException($"Route {route.RoutePattern.RawText} has a part that the document cannot write."),
        })));
        return "/" + string.Join('/', segments);
    }

    JsonObject Build(string server)
    {
        var paths = new JsonObject();
        foreach (var path in Described(routes).Where(x => surface.Has(TagOf(x))).GroupBy(PathOf).OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            var item = new JsonObject();
            foreach (var route in path.OrderBy(MethodOf, StringComparer.Ordinal))
            {
                item.Add(MethodOf(route), Operation(route));
            }
            paths.Add(path.Key, item);
        }
        var schemas = Reachable(paths, responses);
        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = Info(),
            ["servers"] = new JsonArray(new JsonObject
            {
                ["url"] = server,
                ["description"] = "Where this document comes from: production, or whatever that is.",
                ["x-internal"] = false,
            }),
            ["security"] = Security([]),
            ["tags"] = new JsonArray(
                [.. UsedTags(paths).OrderBy(ApiNotes.Place).Select(x => new JsonObject { ["name"] = x, ["description"] = notes.Tags[x] })]),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas, ["responses"] = Sorted(responses), ["securitySchemes"] = Schemes() },
        };
    }

    JsonObject Info() => new()
    {
        ["title"] = surface.Title,
        ["version"] = "1.0",
        ["description"] = surface.Description,
        ["contact"] = new JsonObject { ["name"] = "Whoever runs this installation" },
    };

    static JsonObject Schemes() => new()
    {
        ["api_key"] = new JsonObject
        {
            ["type"] = "apiKey",
            ["in"] = "header",
            ["name"] = "X-API-Key",
            ["description"] = "An issued key, or the first one of the installation.",
        },
        ["bearer"] = new JsonObject
        {
            ["type"] = "http",
            ["scheme"] = "bearer",
            ["bearerFormat"] = "JWT",
            ["description"] = "A token of the configured issuer. Subject is the owner, `permissions` says what else it may do. "
                + "As in RFC8725: fixed algorithms, issuer, audience and expiry are checked.",
        },
    };

    static JsonArray Security(string[] roles)
    {
        JsonArray Roles() => new([.. roles.Select(x => (JsonNode)x)]);
        return new(new JsonObject { ["bearer"] = Roles() }, new JsonObject { ["api_key"] = Roles() });
    }

    JsonObject Operation(RouteEndpoint route)
    {
        var (name, note) = NoteOf(route);
        var need = Permissions.Word(route.Metadata.GetMetadata<RequiredPermission>()!.Permission);
        var operation = new JsonObject
        {
            ["operationId"] = name,
            ["tags"] = new JsonArray(TagOf(route)),
            ["summary"] = route.Metadata.GetMetadata<IEndpointSummaryMetadata>()!.Summary,
            ["description"] = Description(route, note, need),
            ["security"] = Security(need is null ? [] : [need]),
        };
        var parameters = route.RoutePattern.Parameters.Select(x => PathParameter(x.Name))
            .Concat(Names(note, "parameters").Select(Parameter)).ToArray();
        if (parameters.Length > 0)
        {
            operation["parameters"] = new JsonArray(parameters);
        }
        if (note["body"] is { } body)
        {
            operation["requestBody"] = Body(body, note["example"]);
        }
        operation["responses"] = Responses(route, note, need);
        return operation;
    }

    (string Name, JsonObject Note) NoteOf(RouteEndpoint route)
    {
        var name = route.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
            ?? throw new InvalidOperationException($"Route {route.RoutePattern.RawText} has no name.");
        return (name, notes.Operations.GetValueOrDefault(name)
            ?? throw new InvalidOperationException($"Operation {name} is described in no *.openapi.json file."));
    }

    string TagOf(RouteEndpoint route) =>
        NoteOf(route).Note["tag"]?.GetValue<string>() ?? route.Metadata.GetMetadata<ITagsMetadata>()!.Tags[0];

    static string Description(RouteEndpoint route, JsonObject note, string? need)
    {
        var text = note["description"]?.GetValue<string>() ?? route.Metadata.GetMetadata<IEndpointSummaryMetadata>()!.Summary + ".";
        return need is null ? text : $"{text} Needs `{need}`.";
    }

    static string[] Names(JsonObject note, string member) => [.. (note[member]?.AsArray() ?? []).Select(x => x!.GetValue<string>())];

    JsonObject PathParameter(string name)
    {
        var parameter = new JsonObject { ["name"] = Snake(name), ["in"] = "path", ["required"] = true };
        return Filled(
            parameter,
            notes.PathParameters.GetValueOrDefault(name) ?? throw new InvalidOperationException($"Path parameter {name} is not described."));
    }

    JsonObject Parameter(string name) =>
        Filled(
            new JsonObject { ["name"] = name },
            notes.Parameters.GetValueOrDefault(name) ?? throw new InvalidOperationException($"Parameter {name} is not described."));

    static JsonObject Filled(JsonObject parameter, JsonObject description)
    {
        foreach (var (member, value) in description)
        {
            // Of a parameter, unlike of a schema, OpenAPI has one example
            parameter[member] = member == "example" ? value?.DeepClone() : ApiNotes.Expand(value!);
        }
        return parameter;
    }

    static JsonObject Body(JsonNode body, JsonNode? example)
    {
        var (schema, optional) = body is JsonObject given
            ? (given["schema"]!.GetValue<string>(), given["optional"] is not null)
            : (body.GetValue<string>(), false);
        var content = Content(schema);
        if (example is not null)
        {
            content["application/json"]!["example"] = example.DeepClone();
        }
        return new() { ["required"] = !optional, ["content"] = content };
    }

    static JsonObject Content(string schema) => new() { ["application/json"] = new JsonObject { ["schema"] = SchemaOf(schema) } };

    static JsonObject SchemaOf(string schema) => schema switch
    {
        "*" => new JsonObject { ["description"] = "Any JSON." },
        _ when schema.EndsWith("[]", StringComparison.Ordinal) =>
            new JsonObject { ["type"] = "array", ["maxItems"] = 1000, ["items"] = SchemaOf(schema[..^2]) },
        _ => new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" },
    };

    JsonObject Responses(RouteEndpoint route, JsonObject note, string? need)
    {
        var answers = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (status, answer) in note["answers"]!.AsObject())
        {
            answers[status] = Answer(status, answer!);
        }
        var faults = (note["problems"]?.AsArray() ?? []).Select(x => x!.GetValue<int>())
            .Concat([400, 401, 429, 500, 503])
            .Concat(need is null ? [] : [403])
            .Concat(route.RoutePattern.Parameters.Count > 0 ? [404] : [])
            .Concat(note["body"] is null ? [] : [413, 415]);
        foreach (var fault in faults.Distinct())
        {
            answers[fault.ToString(CultureInfo.InvariantCulture)] = Fault(fault);
        }
        return new([.. answers.Select(x => KeyValuePair.Create<string, JsonNode?>(x.Key, x.Value))]);
    }

    JsonObject Answer(string status, JsonNode answer)
    {
        if (answer is JsonValue && status == "204")
        {
            return new() { ["description"] = answer.GetValue<string>() };
        }
        var schema = answer is JsonObject given ? given["schema"]?.GetValue<string>() : answer.GetValue<string>();
        var description = (answer as JsonObject)?["description"] ?? notes.Schemas[schema!.TrimEnd('[', ']')]["description"]!;
        var response = new JsonObject { ["description"] = description.GetValue<string>() };
        if (status == "201")
        {
            response["headers"] = Header("Location", "Where it is.", new() { ["type"] = "string", ["format"] = "uri-reference" });
        }
        response["content"] = schema is not null ? Content(schema) : Text(answer["content"]!.GetValue<string>());
        return response;
    }

    static JsonObject Text(string contentType) =>
        new() { [contentType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } };

    static JsonObject Header(string name, string description, JsonObject schema) =>
        new() { [name] = new JsonObject { ["description"] = description, ["schema"] = schema } };

    JsonObject Fault(int status)
    {
        var (name, description) = status switch
        {
            400 => ("BadRequest", "Something about the request is wrong; `errors` says which field, what was expected and what came."),
            401 => ("Unauthorized", "No key or token, or not one that is valid."),
            403 => ("Forbidden", "The caller lacks the permission."),
            404 => ("NotFound", "There is no such thing, or it is another owner's."),
            409 => ("Conflict", "Not in this state, or the id or key is taken."),
            413 => ("TooLarge", "The body is larger than the limit."),
            415 => ("UnsupportedMediaType", "The body is not `application/json`."),
            422 => ("JobFailed", "The job ended without success."),
            429 => ("TooManyRequests", "Too many requests or too many waiting jobs; `Retry-After` says when to come again."),
            500 => ("Failed", "An error of ours; `trace_id` finds it in the logs."),
            503 => ("Unavailable", "The database or a service is unavailable; `Retry-After` says when to retry."),
            504 => ("TimedOut", "It has not answered or ended in time."),
            _ => throw new InvalidOperationException($"Problem {status} is not described."),
        };
        if (!responses.ContainsKey(name))
        {
            var response = new JsonObject { ["description"] = description };
            if (status is 429 or 503)
            {
                response["headers"] = Header(
                    "Retry-After", "Seconds.", new() { ["type"] = "integer", ["format"] = "int32", ["minimum"] = 0, ["maximum"] = 86_400 });
            }
            response["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = SchemaOf("Problem") } };
            responses.Add(name, response);
        }
        return new() { ["$ref"] = $"#/components/responses/{name}" };
    }

    /// <summary>The referenced schemas, with the schemas that those reference.</summary>
    JsonObject Reachable(params JsonObject[] from)
    {
        var found = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var open = new Queue<string>(from.SelectMany(References));
        while (open.TryDequeue(out var name))
        {
            if (found.ContainsKey(name))
            {
                continue;
            }
            found[name] = notes.Schemas.GetValueOrDefault(name) ?? throw new InvalidOperationException($"Schema {name} is not described.");
            foreach (var next in References(found[name]))
            {
                open.Enqueue(next);
            }
        }
        return new([.. found.Select(x => KeyValuePair.Create<string, JsonNode?>(x.Key, x.Value.DeepClone()))]);
    }

    static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(x => x is { Key: "$ref", Value: JsonValue } && x.Value.GetValue<string>() is var to
            && to.StartsWith("#/components/schemas/", StringComparison.Ordinal)
            ? [to["#/components/schemas/".Length..]] : References(x.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    static IEnumerable<string> UsedTags(JsonObject paths) =>
        paths.SelectMany(path => path.Value!.AsObject()).Select(x => x.Value!["tags"]![0]!.GetValue<string>()).Distinct();

    internal static JsonObject Sorted(JsonObject members) =>
        new([.. members.OrderBy(x => x.Key, StringComparer.Ordinal).Select(x => KeyValuePair.Create(x.Key, x.Value?.DeepClone()))]);

    public static string MethodOf(RouteEndpoint route) =>
#pragma warning disable CA1308 // OpenAPI writes methods in lower case
        route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single().ToLowerInvariant();
#pragma warning restore CA1308

    static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
