namespace JobSystem.Client.CodeGeneration;

/// <summary>Writes jobs as types of TypeScript, with a function for each that enqueues it.</summary>
sealed class TypeScriptWriter
{
    readonly CodeText code = new("  ");

    public string Write(IReadOnlyList<JobModel> jobs)
    {
        code.Line("// Jobs of tasks that workers of JobSystem have announced. Generated from GET /api/v1/tasks: changes are lost when it is generated again.");
        code.Line("import type { CallOptions, Job, JobRequest, JobsClient } from \"@jobsystem/client\";").Line();
        code.Line("/** What a job says besides its task and its arguments. */");
        code.Line("export type JobOptions = Omit<JobRequest, \"task_name\" | \"args\" | \"kwargs\">;");
        foreach (var job in jobs)
        {
            WriteType(job.Arguments, $"Arguments of the task `{job.Task.Name}`.");
            foreach (var type in job.Types)
            {
                WriteType(type, $"Part of a job of the task `{job.Task.Name}`.");
            }
            WriteFunction(job);
        }
        return code.ToString();
    }

    void WriteFunction(JobModel job)
    {
        var (name, task) = (job.Arguments.Name, CodeText.Literal(job.Task.Name));
        code.Line();
        WriteComment(null, $"Enqueues a job of the task `{job.Task.Name}`. `R` is what the task returns.");
        code.Open($"export function enqueue{name}<R = unknown>(client: JobsClient, kwargs: {name}, options?: JobOptions, call?: CallOptions): Promise<Job<R>> {{");
        code.Line($"return client.createJob<R>({{ ...options, task_name: {task}, kwargs }}, call);").Close("}");
    }

    void WriteType(DeclaredType type, string otherwise)
    {
        code.Line();
        WriteComment(type.Description, otherwise);
        if (type.Words is { } words)
        {
            code.Line($"export type {type.Name} = {string.Join(" | ", words.Select(x => CodeText.Literal(x.Word)))};");
            return;
        }
        code.Open($"export type {type.Name} = {{");
        foreach (var member in type.Members)
        {
            WriteMember(member);
        }
        if (type.IsOpen)
        {
            code.Line("[name: string]: unknown;");
        }
        code.Close("};");
    }

    void WriteMember(Member member)
    {
        var more = member.IsRequired || member.Default is null ? null : $"Default: {member.Default}.";
        if (member.Description is not null || more is not null)
        {
            WriteComment(member.Description, "", more);
        }
        var name = IsPlain(member.JsonName) ? member.JsonName : CodeText.Literal(member.JsonName);
        code.Line($"{name}{(member.IsRequired ? "" : "?")}: {NameOf(member.Type)};");
    }

    static bool IsPlain(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(x => char.IsAsciiLetterOrDigit(x) || x is '_' or '$');

    static string NameOf(ArgumentType type)
    {
        var bare = BareName(type);
        return type.IsNullable && type.Kind != ArgumentKind.Any ? $"{bare} | null" : bare;
    }

    static string BareName(ArgumentType type) => type.Kind switch
    {
        ArgumentKind.Any => "unknown",
        ArgumentKind.Text or ArgumentKind.Moment or ArgumentKind.Day or ArgumentKind.TimeOfDay or ArgumentKind.Uuid or ArgumentKind.Address => "string",
        ArgumentKind.Flag => "boolean",
        ArgumentKind.Integer or ArgumentKind.LongInteger or ArgumentKind.UnsignedLongInteger or ArgumentKind.AnyInteger or ArgumentKind.Number or ArgumentKind.DecimalNumber => "number",
        ArgumentKind.AnyObject => "{ [name: string]: unknown }",
        ArgumentKind.List => $"readonly {InParentheses(NameOf(type.Elements!))}[]",
        ArgumentKind.Map => $"{{ [name: string]: {NameOf(type.Elements!)} }}",
        ArgumentKind.Declared => type.Declared!.Name,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static string InParentheses(string type) => type.Contains(' ') ? $"({type})" : type;

    void WriteComment(string? description, string otherwise, string? more = null)
    {
        var prose = string.IsNullOrWhiteSpace(description) ? otherwise : description;
        List<string> lines =
        [
            .. CodeText.Lines(prose).Concat(more is null ? [] : CodeText.Lines(more)).Where(x => x.Length > 0)
                .Select(x => x.Replace("*/", "*\\/", StringComparison.Ordinal)),
        ];
        if (lines is [var only])
        {
            code.Line($"/** {only} */");
            return;
        }
        code.Line("/**");
        lines.ForEach(x => code.Line($" * {x}"));
        code.Line(" */");
    }
}
